// The routes: Swagger UI over the OpenAPI document.
globalThis.SwaggerUIBundle({
  url: "../openapi.json",
  domNode: document.querySelector("#routes"),
  // It would ask a host of the internet.
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
