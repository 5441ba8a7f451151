import { keep, read } from "./storage.js";

const KEY = "shoal.offline";

/** Whether the page is there after a reload without a network: a service worker keeps its files. Off, it is gone with all it kept. */
export function createOffline(box) {
  const workers = navigator.serviceWorker; // only over HTTPS and on localhost
  box.closest("label").hidden = workers === undefined;
  if (workers === undefined) return;
  box.checked = read("browser", KEY) !== "off";

  async function apply() {
    if (box.checked) return workers.register("/service-worker.js");
    const registration = await workers.getRegistration();
    registration?.active?.postMessage("forget");
    await registration?.unregister();
  }

  box.addEventListener("change", () => {
    keep("browser", KEY, box.checked ? null : "off");
    apply().catch(() => {});
  });
  // A browser may forbid it. Then the page is not there without a network, and that is all.
  apply().catch(() => {});
}
