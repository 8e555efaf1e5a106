"""The JSON API in OpenAPI 3.1, written by hand; a test sends everything it allows and everything it forbids."""

from __future__ import annotations

from typing import Any

from kamar.consent import PURPOSES
from kamar.signup import PASSWORD_LONGEST, PASSWORD_SHORTEST
from kamar.wilayah import Level


def document(url: str) -> dict[str, Any]:
    """Return the document of the portal at ``url``."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sosial Kamar", "version": "1", "license": {"name": "AGPL-3.0-or-later"}},
        "servers": [{"url": url}],
        "paths": {
            "/api/v1/join": {"post": _join()},
            "/api/v1/wilayah": {"get": _find()},
            "/api/v1/wilayah/{path}/children": {"get": _children()},
        },
        "components": {
            "schemas": {"Newcomer": _NEWCOMER, "Joined": _JOINED, "Places": _PLACES, "Error": _ERROR},
        },
    }


_NUMBER = {
    "description": "Number as on the KTP; left out when unknown.",
    "oneOf": [
        {"type": "null"},
        {"type": "integer", "minimum": 1, "maximum": 999},
        {"type": "string", "pattern": r"^(?!0+$)[0-9]{0,3}$"},
    ],
}
_NEWCOMER = {
    "type": "object",
    "required": ["code", "village", "adult", "consent", "display_name"],
    "properties": {
        "code": {"type": "string", "description": "Invitation code: ten characters, dashes and case do not matter."},
        "village": {
            "type": "string",
            "pattern": r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}(/D[0-9]{2})?$",
            "description": "Code of the desa or kelurahan, e.g. 32.16.19.2005.",
        },
        "rw": _NUMBER,
        "rt": _NUMBER,
        "adult": {"const": True, "description": "The newcomer says to be 17 or older."},
        "consent": {
            "type": "array",
            "items": {"enum": [purpose.key for purpose in PURPOSES]},
            "allOf": [{"contains": {"const": purpose.key}} for purpose in PURPOSES if purpose.required],
            "description": "Purposes agreed to. Required: "
            + ", ".join(purpose.key for purpose in PURPOSES if purpose.required),
        },
        "display_name": {
            "type": "string",
            "minLength": 2,
            "description": "Two to forty characters, letters among them.",
        },
        "password": {
            "type": ["string", "null"],
            "minLength": PASSWORD_SHORTEST,
            "maxLength": PASSWORD_LONGEST,
            "description": "At least ten characters, at most 72 bytes. Left out: one is made and answered.",
        },
    },
}
_JOINED = {
    "type": "object",
    "required": ["user_id", "home", "homeserver", "recovery", "chat", "portal"],
    "properties": {
        "user_id": {"type": "string"},
        "home": {"type": "string", "description": "Path of the smallest place given."},
        "homeserver": {"type": "string"},
        "password": {"type": "string", "description": "Only when none was given."},
        "recovery": {"type": "array", "items": {"type": "string"}, "minItems": 8, "maxItems": 8},
        "chat": {"type": "string"},
        "portal": {"type": "string"},
    },
}
_PLACES = {
    "type": "object",
    "required": ["results"],
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "code", "name", "full_name", "level"],
                "properties": {
                    "path": {"type": "string"},
                    "code": {"type": "string"},
                    "name": {"type": "string"},
                    "full_name": {"type": "string"},
                    "level": {"enum": [level.value for level in Level]},
                },
            },
        }
    },
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string", "description": "For people; Indonesian, English by Accept-Language."},
            },
        }
    },
}


def _join() -> dict[str, Any]:
    return {
        "operationId": "join",
        "summary": "Sign somebody up.",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "Random and secret. A request repeated with its key has the same answer for seven days.",
                "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{22,128}$"},
            }
        ],
        "requestBody": {"required": True, "content": _json("Newcomer")},
        "responses": {
            "201": {
                "description": "Signed up; the seat in the kamar follows within seconds.",
                "content": _json("Joined"),
            },
            **{status: _refusal(text) for status, text in _REFUSALS.items()},
        },
    }


_REFUSALS = {
    "400": "The body is not the JSON described here.",
    "404": "Code or village unknown.",
    "409": "An earlier step is missing.",
    "410": "The code was taken back.",
    "422": "A field is to be mended; the message says which.",
    "429": "Too many wrong codes, or too many sign-ups, from this address.",
    "502": "The homeserver refused.",
    "503": "The homeserver is starting; repeat with the same key.",
    "507": "The disk is full; nothing was written.",
}


def _find() -> dict[str, Any]:
    return {
        "operationId": "findWilayah",
        "summary": "Places that people may mean, best first: names in any order, typos, postcodes, whole addresses.",
        "parameters": [{"name": "q", "in": "query", "required": False, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "Ten at most.", "content": _json("Places")}},
    }


def _children() -> dict[str, Any]:
    schema = {"type": "string", "pattern": r"^(ID|[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?)$"}
    path = {"name": "path", "in": "path", "required": True, "schema": schema}
    return {
        "operationId": "wilayahChildren",
        "summary": "The official places directly below one, by name.",
        "parameters": [path],
        "responses": {
            "200": {"description": "Empty below a village.", "content": _json("Places")},
            "404": _refusal("No such place."),
        },
    }


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _refusal(text: str) -> dict[str, Any]:
    return {"description": text, "content": _json("Error")}
