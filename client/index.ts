export {
  type Api,
  ApiError,
  type ApiErrorCode,
  type ApiOptions,
  type CallOptions,
  createApi,
} from "./api.js";
export type { ClientToServerEvents, Refusal, Routes, Schemas, ServerToClientEvents } from "./contract.js";
export { createClient } from "./kit/client.js";
export type { Client, ClientOptions, ClientRoom, Status } from "./kit/client-types.js";
export type { Outcome, Pending, Stored } from "./kit/pending.js";
export type { StorageState } from "./kit/writer.js";
export * from "./room-client.js";
export { type GetToken, type SessionSocket, type SignInOptions, signIn } from "./sign-in.js";
export { memoryStore } from "./stores/memory.js";
export type { KeptMessage, OutboxStore, Shelf } from "./stores/store.js";
