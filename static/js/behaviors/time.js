// Shows every <time datetime> in the reader's zone and language: a date, or as data-style says, "5 minutes ago" (relative),
// "3 weeks ago" however long (ago), "Tuesday" as it follows the word since, "10:34" (clock); the exact moment is its title.

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "long" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function connect(root) {
  const times = [...root.querySelectorAll("time[datetime]")];
  for (const time of times) show(time);
  const moving = times.filter((time) => time.dataset.style === "relative");
  if (moving.length) setInterval(() => moving.forEach(show), MINUTE * 1000);
}

export function clockTime(moment) {
  return clock.format(moment);
}

export function inWords(moment, now = new Date()) {
  const seconds = Math.round((moment - now) / 1000);
  const past = Math.abs(seconds);
  if (past < MINUTE) return seconds > 0 ? "in a moment" : "just now";
  if (past < HOUR) return relative.format(Math.trunc(seconds / MINUTE), "minute");
  if (past < DAY) return relative.format(Math.trunc(seconds / HOUR), "hour");
  if (past < 7 * DAY) return relative.format(Math.trunc(seconds / DAY), "day");
  return day.format(moment);
}

// As it follows the word "since": 10:34, yesterday, Tuesday, 3 November 2026.
export function since(moment, now = new Date()) {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const days = Math.ceil((midnight - moment) / 1000 / DAY);
  if (days <= 0) return clock.format(moment);
  if (days === 1) return "yesterday";
  return days < 7 ? weekday.format(moment) : day.format(moment);
}

// However long ago: "today", "yesterday", "3 weeks ago", "2 years ago".
export function ago(moment, now = new Date()) {
  const days = Math.max(0, Math.round((new Date(now).setHours(12, 0, 0, 0) - new Date(moment).setHours(12, 0, 0, 0)) / 1000 / DAY));
  if (days < 14) return relative.format(-days, "day");
  if (days < 60) return relative.format(-Math.floor(days / 7), "week");
  if (days < 730) return relative.format(-Math.floor(days / 30.4), "month");
  return relative.format(-Math.floor(days / 365), "year");
}

const STYLES = { relative: inWords, ago, since, clock: clockTime };

function show(time) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.valueOf())) return;
  time.title = exact.format(moment);
  const style = STYLES[time.dataset.style] ?? ((shown) => day.format(shown));
  time.textContent = style(moment);
}
