/* Sign-up: the time zone that the browser runs in, chosen beforehand. Without this the person chooses. */
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const select of document.querySelectorAll("select[data-guess-zone]")) {
  const offered = Array.from(select.options).some((option) => option.value === zone);
  if (offered && select.value === "UTC") select.value = zone;
}
