"""Errors that a person can cause or fix. Bots, portal and command turn their code into words in one table each."""


class KamarError(Exception):
    """Something a person can mend.

    ``code`` is stable, lower case with underscores; ``detail`` are the values its sentence needs (never secrets).
    """

    def __init__(self, code: str, **detail: object) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return self.code + "".join(f" {name}={value!r}" for name, value in self.detail.items())
