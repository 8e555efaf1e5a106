"""Synapse modules; they run inside every Synapse process."""
