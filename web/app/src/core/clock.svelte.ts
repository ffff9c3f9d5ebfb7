/** The time, once half a minute, for everything that says "5 minutes ago". */
class Clock {
  now = $state(Date.now());
}
export const clock = new Clock();
setInterval(() => {
  if (document.visibilityState === "visible") clock.now = Date.now();
}, 30_000);
