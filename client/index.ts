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
export { type GetToken, type SessionSocket, type SignInOptions, signIn } from "./sign-in.js";
