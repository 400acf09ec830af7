// Swagger UI for what the visitor may use: of a user who is logged in everything, of a caller what its token opens.
(() => {
  const place = document.getElementById("api");
  const form = document.getElementById("who");

  async function show(token) {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch(place.dataset.document, { headers });
    const body = await answer.json();
    form.hidden = answer.ok;
    if (!answer.ok) {
      document.getElementById("told").textContent = body.error.message;
      return;
    }
    const ui = SwaggerUIBundle({
      spec: body,
      domNode: place,
      deepLinking: true,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      filter: true,
      validatorUrl: null,
      onComplete: () => token && ui.preauthorizeApiKey("bearer", token),
    });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show(document.getElementById("token").value.trim());
  });
  if ("known" in place.dataset) show("");
})();
