// Settings of htmx that our Content-Security-Policy and our house rules ask for.
import htmx from "htmx.org";

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  disableInheritance: true,
  // Pages hold customers' names: none of them is kept in the browser's storage, "back" asks the server.
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  historyRestoreAsHxRequest: false,
  timeout: 20_000, // ms; a phone in a lift should say so
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true }, // the form again, with what is wrong beside each field
    { code: "[45]..", swap: false, error: true },
  ],
});
