"""Clients of outside services, one file each."""
