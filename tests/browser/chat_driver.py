"""Drives the web client in a real Chromium, in the words of a member: open, enter a room, say, read."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

PHONE = (360, 800)
DESKTOP = (1280, 800)
PATIENCE = 120_000  # milliseconds; a starved machine needs them
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READ = """lines => lines.map(line => {
    const body = line.querySelector('.Timeline_messageBody').cloneNode(true);
    const file = body.querySelector('audio, button.link') ? 'file' : 'text';
    const name = body.querySelector('img')?.alt;
    body.querySelectorAll('time, .ReplyPreviewView, .hidden, .TapToLoad').forEach(part => part.remove());
    const kind = body.querySelector('.media') ? 'photo' : file;
    return [name || body.textContent.trim(), line.classList.contains('own'), kind];
})"""


@dataclass(frozen=True, slots=True)
class Message:
    """One line of a conversation as it stands on the screen. ``kind`` is ``text``, ``photo`` or ``file``."""

    text: str
    own: bool
    kind: str = "text"


@asynccontextmanager
async def chromium(*more: str) -> AsyncIterator[Browser]:
    """Start the machine's Chromium without a window, with ``more`` arguments."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise FileNotFoundError("chromium: install it with `apt-get install chromium`")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def person(browser: Browser, size: tuple[int, int] = PHONE, *, dark: bool = False) -> AsyncIterator[Page]:
    """A member's own browser window: nothing of others in it."""
    context = await _context(browser, size, dark=dark)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def _context(browser: Browser, size: tuple[int, int], *, dark: bool) -> BrowserContext:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        has_touch=size == PHONE,
        locale="id-ID",
        timezone_id="Asia/Jakarta",
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(PATIENCE)
    return context


def chat_link(chat_url: str, *, token: str = "", user: str = "", room: str = "") -> str:
    """Return the address that opens the chat without typing, in a room where one is named."""
    query = {"loginToken": token, "user": user, "room": room}
    filled = urlencode({name: value for name, value in query.items() if value}, quote_via=quote)
    return chat_url + (f"?{filled}" if filled else "")


async def open_chat(page: Page, url: str) -> None:
    """Open the web client, and return when the member's rooms or a room stand there."""
    await page.goto(url)
    await page.locator(".SessionView").wait_for()
    await page.locator(".RoomList, .RoomView").filter(visible=True).first.wait_for()


async def log_in(page: Page, chat_url: str, user: str, password: str) -> None:
    """Open the web client and log in by typing."""
    await page.goto(chat_url)
    await page.locator("#username").fill(user)
    await page.locator("#password").fill(password)
    await page.locator("button[type=submit]").click()
    await page.locator(".SessionView").wait_for()


async def rooms(page: Page) -> list[str]:
    """Return the names in the list of rooms, from the top."""
    await page.locator(".RoomList").wait_for(state="attached")
    return await page.locator(".RoomList .name").all_inner_texts()


async def enter(page: Page, room: str) -> None:
    """Tap a room in the list (waiting until it is there), and return when one can read in it."""
    row = page.locator(".RoomList li", has=page.locator(".name", has_text=room)).first
    if not await row.is_visible() and await page.locator(".RoomHeader .close-middle").is_visible():
        await leave(page)
    await row.click()
    await in_room(page, room)


async def in_room(page: Page, room: str) -> None:
    """Wait until a room is open with its messages."""
    await expect(page.locator(".RoomHeader h2")).to_contain_text(room, timeout=PATIENCE)
    await page.locator(".RoomView .Timeline").wait_for()


async def leave(page: Page) -> None:
    """Go back to the list of rooms on a telephone."""
    await page.locator(".RoomHeader .close-middle").click()
    await page.locator(".RoomList").wait_for()


async def say(page: Page, text: str) -> None:
    """Write a message into the open room, and return when the server has it."""
    line = await _next_own(page)
    box = page.locator(".MessageComposer_input textarea")
    await box.fill(text)
    await box.press("Enter")
    await _sent(line)


async def send_photo(page: Page, photo: Path) -> None:
    """Send a picture through the paper clip, and return when the server has it."""
    line = await _next_own(page)
    await page.locator(".MessageComposer .sendFile").click()
    async with page.expect_file_chooser() as chosen:
        await page.locator(".menu .picture button").click()
    await (await chosen.value).set_files(photo)
    await _sent(line)


async def _next_own(page: Page) -> Locator:
    own = page.locator(".Timeline_message.own")
    return own.nth(await own.count())


async def _sent(line: Locator) -> None:
    """Wait until a line has the number that the server gave it."""
    await expect(line).to_have_attribute("data-event-id", re.compile(r"^\$"), timeout=PATIENCE)


async def wait_for_message(page: Page, text: str) -> None:
    """Wait until somebody's message stands in the open room."""
    await page.locator(".Timeline_messageBody", has_text=text).first.wait_for()


async def messages(page: Page) -> list[Message]:
    """Return the messages of the open room, oldest first, without their times."""
    found = await page.locator(".Timeline_message").evaluate_all(READ)
    return [Message(text, own, kind) for text, own, kind in found]


async def log_out(page: Page) -> None:
    """Leave the chat through its settings; the portal's page stands there afterwards."""
    await page.locator(".ListHeader .settings").click()
    await page.get_by_role("button", name="Keluar dari obrolan").click()
    await page.locator(".LogoutScreen button").click()
    await page.wait_for_url(lambda url: "/chat/" not in url)
