// The first run: the time zone of this computer is a better guess than UTC.
const zone = document.querySelector("select[name=time_zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone?.value === "UTC" && [...zone.options].some((one) => one.value === here)) zone.value = here;
