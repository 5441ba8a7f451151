// Kinds for which no package has types, as far as this project uses them.

interface Metadata {
  name: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** kustomize.config.k8s.io/v1beta1 */
export interface IKustomization extends Plan {
  apiVersion: "kustomize.config.k8s.io/v1beta1";
  kind: "Kustomization";
}

/** kustomize.config.k8s.io/v1alpha1 */
export interface IComponent extends Plan {
  apiVersion: "kustomize.config.k8s.io/v1alpha1";
  kind: "Component";
}

interface Plan {
  resources?: string[];
  components?: string[];
  configMapGenerator?: Generator[];
  secretGenerator?: Generator[];
  patches?: { path: string; target?: { kind: string; name?: string } }[];
  images?: { name: string; newName?: string; newTag?: string; digest?: string }[];
}

interface Generator {
  name: string;
  behavior?: "create" | "merge" | "replace";
  literals: string[];
}

type ConsistentHash =
  | { type: "SourceIP"; tableSize?: number }
  | { type: "Headers"; headers: { name: string }[]; tableSize?: number }
  | {
      type: "Cookie";
      cookie: { name: string; ttl?: string; attributes?: Record<string, string> };
      tableSize?: number;
    }
  | { type: "QueryParams"; queryParams: { name: string }[]; tableSize?: number };

/** gateway.envoyproxy.io/v1alpha1, after api/v1alpha1 of Envoy Gateway. */
export interface IBackendTrafficPolicy {
  apiVersion: "gateway.envoyproxy.io/v1alpha1";
  kind: "BackendTrafficPolicy";
  metadata: Metadata;
  spec: {
    targetRefs: { group: string; kind: string; name: string; sectionName?: string }[];
    loadBalancer?:
      | { type: "LeastRequest" | "Random" | "RoundRobin" }
      | { type: "ConsistentHash"; consistentHash: ConsistentHash };
    retry?: {
      numRetries?: number;
      retryOn?: {
        httpStatusCodes?: number[];
        triggers?: (
          | "5xx"
          | "gateway-error"
          | "reset"
          | "reset-before-request"
          | "connect-failure"
          | "refused-stream"
          | "retriable-status-codes"
        )[];
      };
      perRetry?: { timeout?: string; backOff?: { baseInterval?: string; maxInterval?: string } };
    };
    circuitBreaker?: {
      maxConnections?: number;
      maxPendingRequests?: number;
      maxParallelRequests?: number;
      maxParallelRetries?: number;
      maxRequestsPerConnection?: number;
    };
    timeout?: {
      tcp?: { connectTimeout?: string };
      http?: { connectionIdleTimeout?: string; maxConnectionDuration?: string; requestTimeout?: string };
    };
  };
}
