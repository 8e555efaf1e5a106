"""The kamar command: starts, repairs and fills a server."""
