// Resources, templates and prompts of the conformance server, and the blobs that its tools share.
export const image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
export const sound = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

export const text = (value) => ({ type: "text", text: value });
export const texts = (...values) => ({ content: values.map(text) });
const says = (...content) => ({ messages: content.map((one) => ({ role: "user", content: one })) });

export const resources = [
  {
    uri: "test://static-text",
    name: "static-text",
    description: "A text that never changes",
    mimeType: "text/plain",
    get: (uri) => ({ uri, mimeType: "text/plain", text: "This is the content of the static text resource." }),
  },
  {
    uri: "test://static-binary",
    name: "static-binary",
    description: "A picture that never changes",
    mimeType: "image/png",
    get: (uri) => ({ uri, mimeType: "image/png", blob: image }),
  },
  {
    uri: "test://watched-resource",
    name: "watched-resource",
    description: "A text to subscribe to",
    mimeType: "text/plain",
    get: (uri) => ({ uri, mimeType: "text/plain", text: "Watched." }),
  },
];

export const templates = [
  {
    uriTemplate: "test://template/{id}/data",
    name: "template",
    description: "Data by id",
    mimeType: "application/json",
    complete: { id: ["1", "12", "123", "2"] },
    get: (uri) => {
      const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
      if (!id) return undefined;
      const data = { id, templateTest: true, data: `Data for ID: ${id}` };
      return { uri, mimeType: "application/json", text: JSON.stringify(data) };
    },
  },
];

export const prompts = [
  {
    name: "test_simple_prompt",
    description: "A prompt without arguments",
    get: () => says(text("This is a simple prompt for testing.")),
  },
  {
    name: "test_prompt_with_arguments",
    description: "A prompt with two arguments",
    arguments: [
      { name: "arg1", description: "First test argument", required: true },
      { name: "arg2", description: "Second test argument", required: true },
    ],
    complete: { arg1: ["paris", "park", "party"], arg2: ["world"] },
    get: ({ arg1, arg2 }) => says(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  },
  {
    name: "test_prompt_with_embedded_resource",
    description: "A prompt with a resource in it",
    arguments: [{ name: "resourceUri", description: "URI of the resource to embed", required: true }],
    get: ({ resourceUri }) => says(
      {
        type: "resource",
        resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." },
      },
      text("Please process the embedded resource above."),
    ),
  },
  {
    name: "test_prompt_with_image",
    description: "A prompt with a picture in it",
    get: () => says({ type: "image", data: image, mimeType: "image/png" }, text("Please analyze the image above.")),
  },
];
