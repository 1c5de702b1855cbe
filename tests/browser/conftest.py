"""A real browser: the distribution's Chromium, driven by Playwright."""

import os
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, ViewportSize, async_playwright

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MILLISECONDS = 20_000
PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    # Chromium's own cage is not to be had as root; the pages are ours.
    cage = ["--no-sandbox"] if os.geteuid() == 0 else []
    arguments = [*cage, "--disable-dev-shm-usage"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = await browser.new_context(viewport=PHONE)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        opened = await context.new_page()
        try:
            yield opened
        finally:
            await browser.close()
