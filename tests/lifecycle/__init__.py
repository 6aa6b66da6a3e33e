"""What becomes of a firm's books when the addons are updated, uninstalled and installed again."""
