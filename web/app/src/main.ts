/** Where the app begins: language, session, then the first view. */
import "../../static/tokens.css";
import "./app.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { applyChoices } from "./core/choices.svelte";
import { speak } from "./core/i18n.svelte";
import { foresee, start } from "./core/router.svelte";
import { resume } from "./core/session.svelte";
import { routes } from "./routes";

applyChoices();
foresee(routes);
resume();
await speak();
start(routes);
const target = document.getElementById("app");
if (target) {
  target.replaceChildren(); // The name of the house, which was there to be seen at once.
  mount(App, { target });
}
/* The service worker fetches the whole shell: that waits until the first view has had its turn. */
const later = (): unknown => import("./core/install").then(({ install }) => install());
setTimeout(() => ("requestIdleCallback" in window ? requestIdleCallback(later, { timeout: 5000 }) : later()), 1500);
