/* The time zone that the browser runs in: chosen beforehand where one signs up, and in which somebody without a profile
   reads a deadline. Without this the person chooses, and the deadline stands in the call's zone and in UTC. */
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const select of document.querySelectorAll("select[data-guess-zone]")) {
  const offered = Array.from(select.options).some((option) => option.value === zone);
  if (offered && select.value === "UTC") select.value = zone;
}

const part = (parts, type) => parts.find((one) => one.type === type)?.value ?? "";
const words = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
});
const plain = new Intl.DateTimeFormat("en-GB", {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
for (const element of document.querySelectorAll("[data-here]")) {
  const moment = new Date(element.dataset.here);
  const clock = plain.formatToParts(moment);
  const [year, month, day, hour, minute] = ["year", "month", "day", "hour", "minute"].map((type) => part(clock, type));
  // Where the clock here shows what the clock there shows, once is enough.
  element.hidden = `${year}-${month}-${day}T${hour}:${minute}` === element.dataset.there;
  const here = words.formatToParts(moment);
  const [weekday, date, name, whole, zoneName] = ["weekday", "day", "month", "year", "timeZoneName"].map((type) => part(here, type));
  const shown = `${weekday} ${date} ${name} ${whole}, ${hour}:${minute} ${zoneName}`;
  element.textContent = element.dataset.words.replace("{moment}", shown);
  element.title = zone;
}
