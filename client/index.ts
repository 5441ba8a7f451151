export {
  type Api,
  ApiError,
  type ApiErrorCode,
  type ApiOptions,
  type CallOptions,
  createApi,
} from "./api.js";
export type { ClientToServerEvents, Refusal, Routes, Schemas, ServerToClientEvents } from "./contract.js";
export * from "./room-client.js";
