"""Second life of batteries: a new passport, linked with the passport or passports of the original battery.

Regulation (EU) 2023/1542, Article 77(7): a battery that was prepared for re-use or repurposing, repurposed or
remanufactured has a new passport, linked to those of the original.
"""
