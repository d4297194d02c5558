/* Countdowns, by the server's clock alone. The page says what time the server had when it wrote it; from there a clock
   goes on that nobody can set (performance.now). What the reader's own clock shows counts for nothing.

   Every doubt goes against the reader: the server's time is taken to be that of the request's start, so that nobody
   believes to have longer than they have. After sleep, or from the browser's history, the server is asked anew.

   [data-deadline]  how long is left, in words
   [data-clock]     days, hours, minutes and seconds in parts of its own; [data-now] is the server's time for it */

const meta = document.querySelector("meta[name=server-time]")?.content;
const said = document.querySelector("[data-clock][data-now]")?.dataset.now || meta;
const navigation = performance.getEntriesByType("navigation")[0];
let server = said ? Date.parse(said) : Date.now();
let since = navigation?.requestStart || 0;
let [wall, steady] = [Date.now(), performance.now()];

const now = () => server + performance.now() - since;

/* The server's clock by the head of a tiny answer, to the second: rounded up. */
const ask = async () => {
  const start = performance.now();
  try {
    const answer = await fetch("/healthz", { method: "HEAD", cache: "no-store" });
    const date = Date.parse(answer.headers.get("Date"));
    if (!Number.isNaN(date)) [server, since] = [date + 999, start];
  } catch {
    return; // out of reach: what is shown goes on
  }
  draw();
};

/* The steady clock stands still while some machines sleep: then the two clocks went different ways. */
const drifted = () => {
  const [wallNow, steadyNow] = [Date.now(), performance.now()];
  const apart = wallNow - wall - (steadyNow - steady);
  [wall, steady] = [wallNow, steadyNow];
  return Math.abs(apart) > 1500;
};

const relative = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "always" });
const span = (seconds) => {
  const left = Math.abs(seconds);
  const sign = Math.sign(seconds) || 1;
  if (left >= 2 * 86400) return relative.format(sign * Math.floor(left / 86400), "day");
  if (left < 60) return relative.format(sign * Math.floor(left), "second");
  const minutes = Math.floor(left / 60);
  const plain = left >= 3600 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes} min`;
  return sign > 0 ? `in ${plain}` : `${plain} ago`;
};

const write = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

const drawClock = (element) => {
  const left = Math.floor((Date.parse(element.dataset.clock) - now()) / 1000);
  element.classList.toggle("is-over", left <= 0);
  element.classList.toggle("is-urgent", left > 0 && left < 3 * 86400);
  const rest = Math.max(0, left);
  const amounts = { days: Math.floor(rest / 86400), hours: Math.floor((rest % 86400) / 3600), minutes: Math.floor((rest % 3600) / 60), seconds: rest % 60 };
  for (const [name, amount] of Object.entries(amounts)) {
    const part = element.querySelector(`[data-part=${name}]`);
    if (!part) continue;
    part.hidden = false;
    write(part.querySelector("b"), String(amount));
    write(part.querySelector("small"), amount === 1 ? part.dataset.one : part.dataset.many);
  }
  const over = element.parentElement.querySelector("[data-clock-over]");
  if (over) over.hidden = left > 0;
};

const draw = () => {
  let soonest = Infinity;
  for (const element of document.querySelectorAll("[data-deadline]")) {
    const seconds = (Date.parse(element.dataset.deadline) - now()) / 1000;
    write(element, span(seconds));
    element.classList.toggle("is-over", seconds <= 0);
    element.classList.toggle("is-urgent", seconds > 0 && seconds < 3 * 86400);
    element.classList.toggle("is-calm", seconds >= 3 * 86400);
    soonest = Math.min(soonest, Math.abs(seconds));
  }
  for (const element of document.querySelectorAll("[data-clock]")) {
    drawClock(element);
    soonest = 0;
  }
  return soonest;
};

const tick = () => {
  if (drifted()) ask();
  const soonest = draw();
  setTimeout(tick, soonest < 120 ? 1000 - (now() % 1000) : 30000);
};

tick();
if (navigation?.type === "back_forward") ask();
addEventListener("pageshow", (event) => event.persisted && ask());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && drifted() && ask());
