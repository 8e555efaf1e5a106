"""The web portal and its JSON API."""
