"""The rules of Sosial Kamar: pure functions and values, standard library only."""
