"""Who opens a page: a person, or a program that fetches it for nobody."""

import pytest
from flask import Flask

from core.web import is_reading

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) {} Safari/537.36"


def reads(method: str = "GET", **headers: str) -> bool:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with Flask(__name__).test_request_context(method=method, headers=named):
        return is_reading()


@pytest.mark.parametrize(
    "agent",
    [
        CHROME.format("Chrome/140.0.0.0"),
        "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
        " Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 Chrome/139.0.0.0 Mobile",
        CHROME.format("Teams/25.1 Chrome/138.0.0.0 Electron/37.2"),
        "Lynx/2.9.2 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/3.5.1",
        "w3m/0.5.3+git20230121",
        "",
    ],
)
def test_whoever_opens_a_page_in_a_browser_reads_it(agent: str) -> None:
    assert reads(User_Agent=agent)


@pytest.mark.parametrize(
    "agent",
    [
        CHROME.format("HeadlessChrome/140.0.0.0"),
        CHROME.format("Chrome/140.0.0.0") + " Chrome-Lighthouse",
        "Mozilla/5.0 (linux) AppleWebKit/537.36 (KHTML, like Gecko) jsdom/26.1.0",
        "Mozilla/5.0 (compatible; IntranetBot/2.1)",
        "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
        "Scrapy/2.13 (+https://scrapy.org)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
        "WhatsApp/2.23.20.0 A",
        "ZulipURLPreview/11.0 (https://zulip.com)",
        "python-requests/2.32.5",
        "python-httpx/0.28.1",
        "Python-urllib/3.11",
        "Python/3.11 aiohttp/3.12.15",
        "curl/8.15.0",
        "Wget/1.25.0",
        "libwww-perl/6.79",
        "Go-http-client/2.0",
        "okhttp/5.1.0",
        "Java/21.0.8",
        "Apache-HttpClient/5.5 (Java/21)",
        "axios/1.11.0",
        "node",
        "undici",
        "GuzzleHttp/7",
        "Ruby",
        "PostmanRuntime/7.45.0",
        "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-GB) WindowsPowerShell/5.1.26100.4768",
    ],
)
def test_a_program_that_fetches_a_page_does_not_read_it(agent: str) -> None:
    assert not reads(User_Agent=agent)


@pytest.mark.parametrize(
    "headers", [{"Sec_Purpose": "prefetch;prerender"}, {"Purpose": "Prefetch"}]
)
def test_a_browser_that_fetches_ahead_does_not_read(headers: dict[str, str]) -> None:
    assert not reads(User_Agent=CHROME.format("Chrome/140.0.0.0"), **headers)


def test_whoever_only_asks_what_there_is_does_not_read() -> None:
    assert not reads("HEAD", User_Agent=CHROME.format("Chrome/140.0.0.0"))
