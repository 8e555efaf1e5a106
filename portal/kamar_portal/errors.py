"""From an error's code to an HTTP status and a page (or JSON). The words are those of :mod:`kamar.sentences`."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from kamar.errors import KamarError
from kamar.sentences import sentence
from kamar_bridges.homeserver import MatrixError
from kamar_portal.page import language_of, render

logger = logging.getLogger(__name__)

STATUS = {
    "code_unknown": 404,
    "wilayah_unknown": 404,
    "not_found": 404,
    "signup_unknown": 404,
    "code_revoked": 410,
    "link_used": 410,
    "signup_expired": 410,
    "signup_finished": 409,
    "signup_step": 409,
    "too_many_tries": 429,
    "login_failed": 401,
    "recovery_failed": 401,
    "login_needed": 401,
    "signup_needed": 403,
    "letter_failed": 401,
    "request_over": 410,
    "scan_unknown": 410,
    "witness_self": 403,
    "witness_twice": 403,
    "witness_new": 403,
    "witness_stranger": 403,
    "witness_first": 403,
    "csrf": 403,
    "not_allowed": 403,
    "chat_starting": 503,
    "chat_refused": 502,
    "disk_full": 507,
    "upload_too_large": 413,
    "body_malformed": 400,
    "write_refused": 403,
    "room_encrypted": 409,
    "broken": 500,
    # peace
    "report_unknown": 404,
    "report_closed": 409,
    "appeal_twice": 409,
    "measure_not_allowed": 403,
    # officers
    "appoint_not_allowed": 403,
    "scan_large": 413,
    "scan_kind": 415,
    "import_gone": 410,
    "signup_banned": 403,
    # axes
    "belonging_unknown": 404,
}
STATUS |= {  # restructure
    "plan_unknown": 404,
    "node_unknown": 404,
    "plan_own": 403,
    "plan_not_allowed": 403,
    "plan_state": 409,
    "plan_outdated": 409,
    "plan_changed": 409,
    "plan_needed": 409,
    # siaran
    "siaran_unknown": 404,
    "siaran_not_allowed": 403,
    "siaran_decided": 409,
    "siaran_author": 409,
    "siaran_recalled": 409,
}
OTHERWISE = 422  # a field to be mended
RETRY_SECONDS = 5
FIELD = {  # beside which field of a form the sentence stands; everything else stands on top
    "code_malformed": "kode",
    "code_unknown": "kode",
    "code_revoked": "kode",
    "village_missing": "desa",
    "wilayah_unknown": "desa",
    "rt_out_of_range": "rt",
    "rw_out_of_range": "rw",
    "age_missing": "umur",
    "consent_missing": "setuju",
    "move_same": "desa",
    "name_short": "nama",
    "name_long": "nama",
    "name_characters": "nama",
    "name_reserved": "nama",
    "name_officer": "nama",
    "password_short": "sandi",
    "password_long": "sandi",
    "password_common": "sandi",
    "login_failed": "sandi",
    "password_wrong": "sandi_lama",
    "recovery_failed": "kata",
    "message_empty": "pesan",
    "message_long": "pesan",
    "photo_missing": "foto",
    "photo_undescribed": "keterangan",
    "upload_kind": "foto",
    "upload_too_large": "foto",
    "upload_program": "foto",
    "picture_too_large": "foto",
    "letter_failed": "kode",
    "email_malformed": "surel",
    "phone_malformed": "hp",
    "contact_taken": "kode",
    "witness_unsaid": "bertemu",
    "recovery_nobody": "nama",
    # peace
    "reason_short": "alasan",
    "reason_long": "alasan",
    "measure_long": "lama",
    "measure_short": "lama",
    "report_person": "nama",
    # officers
    "scan_missing": "pindaian",
    "scan_kind": "pindaian",
    "scan_large": "pindaian",
    "person_unknown": "orang",
    "appoint_self": "orang",
    "mandate_overlaps": "orang",
    "seat_taken": "jabatan",
    "appoint_not_allowed": "jabatan",
    "office_not_here": "jabatan",
    "decree_long": "sk",
    "mandate_past": "mulai",
    "mandate_order": "selesai",
    "mandate_long": "selesai",
    "lend_long": "selesai",
    "lend_past": "selesai",
    "lend_self": "orang",
    # axes
    "code_without_workplace": "kode",
    "code_without_node": "kode",
    "treaty_name": "organisasi",
    "treaty_past": "selesai",
    "persona_name": "nama",
    # siaran
    "siaran_empty": "teks",
    "siaran_long": "teks",
    "message_nik": "teks",
}


def known(error: KamarError) -> KamarError:
    """Return the error as people know it: Matrix's own refusals say whether waiting helps."""
    if isinstance(error, MatrixError):
        waiting = error.status == 0 or error.status >= 500 or error.errcode == "M_LIMIT_EXCEEDED"
        return KamarError("chat_starting" if waiting else "chat_refused")
    return error


def status_of(error: KamarError) -> int:
    """Return the HTTP status of an error's code."""
    return STATUS.get(error.code, OTHERWISE)


def beside_field(request: web.Request, error: KamarError) -> dict[str, str]:
    """Return the sentence by the field that it belongs to; under ``""`` when it belongs to none.

    Raises:
        KamarError: the error itself, when mending the form would not help.
    """
    error = known(error)
    if error.code in ("csrf", "too_many_tries", "disk_full", "not_allowed", "login_needed", "signup_needed"):
        raise error
    return {FIELD.get(error.code, ""): sentence(error, language_of(request))}


@web.middleware
async def tell_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever went wrong into a page, or into JSON below ``/api/``."""
    try:
        return await handler(request)
    except KamarError as error:
        return tell(request, error)
    except web.HTTPRequestEntityTooLarge:
        return tell(request, KamarError("body_malformed"))
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
        response = tell(request, KamarError("not_found"))
        response.headers.update({name: value for name, value in error.headers.items() if name == "Allow"})
        response.set_status(error.status)
        return response
    except (web.HTTPException, ConnectionResetError):
        raise
    except Exception:  # the outermost loop: a bug is logged whole and told in words
        logger.exception("a request failed")
        return tell(request, KamarError("broken"))


def tell(request: web.Request, error: KamarError) -> web.Response:
    """Return the page or the JSON that says what happened."""
    error = known(error)
    status = status_of(error)
    if request.path.startswith("/api/"):
        body = {"error": {"code": error.code, "message": sentence(error, language_of(request))}}
        response = web.json_response(body, status=status)
    else:
        text = sentence(error, language_of(request))
        retry = RETRY_SECONDS if error.code == "chat_starting" and request.method == "GET" else 0
        address = request.path_qs
        response = render(
            request, "error.html", status=status, text=text, code=error.code, retry=retry, retry_address=address
        )
    if status in (429, 503):
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
