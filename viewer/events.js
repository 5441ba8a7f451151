// The events: what the AsyncAPI document says, and a form for each that sends one.
import { io } from "/socket.io/socket.io.esm.min.js";
import { sampleOf } from "./sample.js";

const MOST_RECEIVED = 50;
const byId = (id) => document.getElementById(id);

const api = await (await fetch("../asyncapi.json")).json();
let socket;

/** A new element with these properties and children. */
function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** A text in which what stands between backticks is code. */
function prose(name, text) {
  const parts = text
    .split("`")
    .map((part, index) => (index % 2 === 0 ? part : make("code", { textContent: part })));
  return make(name, {}, ...parts);
}

/** What a reference of the document stands for. */
function resolve(node) {
  if (node.$ref === undefined) return node;
  const keys = node.$ref.slice(2).split("/");
  return resolve(keys.reduce((value, key) => value[key], api));
}

function schemaBlock(title, schema) {
  return make("div", {}, make("h4", { textContent: title }), make("pre", { textContent: pretty(schema) }));
}

const pretty = (value) => JSON.stringify(value, undefined, 2);

function tryForm(name, payload) {
  const input = make("textarea", { rows: 5, spellcheck: false, value: pretty(sampleOf(payload, resolve)) });
  input.setAttribute("aria-label", `Payload of ${name}`);
  const answer = make("pre", { className: "answer", textContent: "" });
  const form = make("form", {}, input, make("button", { textContent: "Send" }), answer);
  form.addEventListener("submit", async (submitted) => {
    submitted.preventDefault();
    try {
      if (socket === undefined) throw new Error("Connect first");
      answer.textContent = pretty(await socket.timeout(5000).emitWithAck(name, JSON.parse(input.value)));
    } catch (error) {
      answer.textContent = String(error);
    }
  });
  return form;
}

function card(operation) {
  const [message] = operation.messages.map(resolve);
  const [reply] = (operation.reply?.messages ?? []).map(resolve);
  const isAsked = operation.action === "receive";
  const direction = isAsked ? "client sends" : "client receives";
  return make(
    "details",
    { className: operation.action },
    make(
      "summary",
      {},
      make("b", { className: "direction", textContent: direction }),
      make("code", { textContent: operation.title }),
      prose("span", operation.summary),
    ),
    prose("p", operation.description ?? ""),
    schemaBlock("Payload", message.payload),
    ...(reply === undefined ? [] : [schemaBlock("Acknowledgement", reply.payload)]),
    ...(isAsked ? [make("h4", { textContent: "Try it" }), tryForm(operation.title, message.payload)] : []),
  );
}

function connect(user) {
  socket?.disconnect();
  socket = io({ auth: { user }, forceNew: true });
  const tell = (text) => {
    byId("connection").textContent = text;
  };
  socket.on("connect", () => tell(`connected as ${user}`));
  socket.on("disconnect", (reason) => tell(`disconnected: ${reason}`));
  socket.on("connect_error", ({ message }) => tell(`refused: ${message}`));
  socket.onAny((name, payload) => {
    byId("received").prepend(
      make("li", {}, make("code", { textContent: name }), ` ${JSON.stringify(payload)}`),
    );
    while (byId("received").children.length > MOST_RECEIVED) byId("received").lastChild.remove();
  });
}

byId("events-intro").append(prose("span", api.info.description.split("\n\n")[1]));
byId("event-list").append(...Object.values(api.operations).map(card));
byId("connect").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  connect(byId("user").value);
});
