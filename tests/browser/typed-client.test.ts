import { newPerson, openTab, startBrowser } from "../support/browser.js";
import { startMongo } from "../support/mongo.js";
import { startWorker } from "../support/start-worker.js";

test("a page calls the routes of the server that it is from, with nothing but what is served there", async () => {
  const { url } = await startWorker({ mongodbUri: (await startMongo()).uriFor() });
  const { page, complaints } = await openTab(await newPerson(await startBrowser()), url);

  const seen = await page.evaluate(`(async () => {
    const { createApi } = await import("/client/api.js");
    const api = createApi({ url: "", user: "ann" });
    const { code, temporary } = await api
      .get("/rooms/:room/messages", { params: { room: "a" }, query: { epoch: "" } })
      .catch((error) => error);
    return [await api.get("/hello"), code, temporary];
  })()`);

  expect(seen).toEqual([{ message: "Hello from Shoal" }, "invalid", false]);
  // The browser itself tells of every answer that is not a success.
  expect(complaints.filter((text) => !text.includes("400"))).toEqual([]);
});
