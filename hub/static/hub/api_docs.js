// Swagger UI for what the visitor may use: of a user who is logged in everything, of a caller what its token opens.
(() => {
  // Errors look the same everywhere: a line for each, which opens to its example and headers.
  const briefErrors = () => ({
    wrapComponents: {
      response: (Original, { React }) => (props) => {
        const [open, setOpen] = React.useState(false);
        const { code, response } = props;
        if (open || Number(code) < 400 || !response.get("content")) return React.createElement(Original, props);
        const e = React.createElement;
        const about = e(props.getComponent("Markdown", true), { source: response.get("description") });
        const more = e("button", { type: "button", className: "more", onClick: () => setOpen(true) }, "Example");
        return e("tr", { className: "response brief", "data-code": code },
          e("td", { className: "response-col_status" }, code),
          e("td", { className: "response-col_description" }, e("div", {}, about, more)),
          e("td", {}));
      },
    },
  });

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
      plugins: [briefErrors],
      onComplete: () => token && ui.preauthorizeApiKey("bearer", token),
    });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show(document.getElementById("token").value.trim());
  });
  if ("known" in place.dataset) show("");
})();
