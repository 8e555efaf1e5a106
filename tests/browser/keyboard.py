"""A person without mouse and eyes: finds things by what the browser tells assistive programs, moves by Tab."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Literal

import axe_core_python
from playwright.async_api import Locator, Page, TimeoutError

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
CHOOSER = 10_000  # milliseconds
TABS = 120  # presses until one gives up
Role = Literal["link", "button", "textbox", "checkbox", "radio", "searchbox", "combobox", "spinbutton"]


async def reach(page: Page, role: Role, name: str, order: int = 0) -> Locator:
    """Press Tab until what bears this role and name has the focus, and the focus can be seen."""
    wanted = page.get_by_role(role, name=name).nth(order)
    await wanted.wait_for()
    for _ in range(TABS):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("each => each === document.activeElement"):
            assert await wanted.evaluate("each => each.matches(':focus-visible')"), f"no focus is seen on {name}"
            return wanted
    raise AssertionError(f"Tab does not lead to {role} {name!r}:\n{await page.locator('body').aria_snapshot()}")


async def follow(page: Page, role: Literal["link", "button"], name: str) -> None:
    """Reach a link or a button, press it, and return when the next page stands there."""
    await reach(page, role, name)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def tick(page: Page, name: str, order: int = 0) -> None:
    """Reach a box and tick it."""
    box = await reach(page, "checkbox", name, order)
    if not await box.is_checked():
        await page.keyboard.press("Space")
    assert await box.is_checked(), f"Space does not tick {name}"


async def type_into(page: Page, name: str, text: str, role: Literal["textbox", "searchbox"] = "textbox") -> None:
    """Reach a field and type."""
    await reach(page, role, name)
    await page.keyboard.type(text)


async def choose_file(page: Page, name: str, file: Path) -> None:
    """Reach the field of a file and choose one; Chromium now and then misses the first press."""
    field = await reach(page, "button", name)
    for _ in range(3):
        with contextlib.suppress(TimeoutError):
            async with page.expect_file_chooser(timeout=CHOOSER) as chosen:
                await page.keyboard.press("Enter")
            await (await chosen.value).set_files(file)
            return
    raise AssertionError(f"no file can be chosen: {await field.aria_snapshot()}")


async def barriers(page: Page) -> list[str]:
    """Return what axe finds on a page (in a browser with JavaScript)."""
    await page.evaluate(AXE)
    report = await page.evaluate("axe.run({resultTypes: ['violations']})")
    return [f"{page.url}: {each['id']}: {each['nodes'][0]['html']}" for each in report["violations"]]


async def too_wide(page: Page) -> bool:
    """Tell whether one would have to scroll sideways."""
    return bool(await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
