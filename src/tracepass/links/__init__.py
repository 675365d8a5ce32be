"""What a workspace says stands behind its GS1 keys, beside its passports: links of many types."""
