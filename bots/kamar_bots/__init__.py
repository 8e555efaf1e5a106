"""The conversation: a transport-free command core and its Matrix adapters."""
