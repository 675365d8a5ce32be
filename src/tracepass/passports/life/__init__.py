"""What happens to a product once it is in the world: services done to it, and the hands it passes through."""
