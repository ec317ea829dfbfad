// The conformance server's tools.
import { MissingRequiredClientCapabilityError } from "@modelcontextprotocol/server";
import { image, sound, text, texts } from "./content.mjs";
import { capabilitiesOf, inputTools } from "./inputs.mjs";
import { taskTools } from "./tasks.mjs";

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const tool = (name, description, call, properties = {}) =>
  ({ name, description, inputSchema: { type: "object", properties, required: Object.keys(properties) }, call });
const picture = { type: "image", data: image, mimeType: "image/png" };

const contentTools = [
  tool("test_simple_text", "Returns a text", () => texts("This is a simple text response for testing.")),
  tool("test_image_content", "Returns a picture", () => ({ content: [picture] })),
  tool("test_audio_content", "Returns a sound", () => ({ content: [{ type: "audio", data: sound, mimeType: "audio/wav" }] })),
  tool("test_embedded_resource", "Returns a resource", () => ({
    content: [{
      type: "resource",
      resource: {
        uri: "test://embedded-resource", mimeType: "text/plain", text: "This is an embedded resource content.",
      },
    }],
  })),
  tool("test_multiple_content_types", "Returns several things", () => ({
    content: [
      text("Multiple content types test:"),
      picture,
      {
        type: "resource",
        resource: {
          uri: "test://mixed-content-resource",
          mimeType: "application/json",
          text: JSON.stringify({ test: "data", value: 123 }),
        },
      },
    ],
  })),
  tool("test_error_handling", "Fails", () => ({
    ...texts("This tool intentionally returns an error for testing"), isError: true,
  })),
  {
    name: "json_schema_2020_12_tool",
    description: "Tool with JSON Schema 2020-12 features",
    inputSchema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      $defs: {
        address: {
          $anchor: "addressDef",
          type: "object",
          properties: { street: { type: "string" }, city: { type: "string" } },
        },
      },
      properties: {
        name: { type: "string" },
        address: { $ref: "#/$defs/address" },
        contactMethod: { type: "string", enum: ["phone", "email"] },
        phone: { type: "string" },
        email: { type: "string" },
      },
      allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
      if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
      then: { required: ["phone"] },
      else: { required: ["email"] },
      additionalProperties: false,
    },
    call: () => texts("valid"),
  },
];

const talkingTools = [
  tool("test_tool_with_logging", "Logs while it runs", async (_, context) => {
    await context.mcpReq.log("info", "Tool execution started");
    await pause(50);
    await context.mcpReq.log("info", "Tool processing data");
    await pause(50);
    await context.mcpReq.log("info", "Tool execution completed");
    return texts("Logged three times.");
  }),
  tool("test_logging_tool", "Logs once", async (_, context) => {
    await context.mcpReq.log("info", "A line for the log");
    return texts("Logged, if that was asked for.");
  }),
  tool("test_tool_with_progress", "Tells how far it is", async (_, context) => {
    const progressToken = context.mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progress > 0) await pause(50);
      if (progressToken === undefined) continue;
      await context.mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total: 100 } });
    }
    return texts("All is done.");
  }),
  tool("wait_for_cancel", "Runs until it is cancelled", (_, context) => new Promise((resolve) => {
    context.mcpReq.signal.addEventListener("abort", () => resolve(texts("Cancelled.")));
  })),
];

// What the client is asked in the revisions up to 2025-11-25, by requests of the server's.
const elicitation = (name, description, message, properties) =>
  tool(name, description, async (args, context) => {
    const { action, content } = await context.mcpReq.elicitInput({
      message: message ?? args.message,
      requestedSchema: { type: "object", properties, required: message ? [] : Object.keys(properties) },
    });
    return texts(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
  }, message ? {} : { message: { type: "string" } });
const titled = (...pairs) => pairs.map(([value, title]) => ({ const: value, title }));

const askingTools = [
  tool("test_sampling", "Asks the client's model", async ({ prompt }, context) => {
    const { content } = await context.mcpReq.requestSampling({
      messages: [{ role: "user", content: text(prompt) }], maxTokens: 100,
    });
    return texts(`LLM response: ${content.text}`);
  }, { prompt: { type: "string" } }),
  elicitation("test_elicitation", "Asks the user", undefined, {
    username: { type: "string", description: "User's response" },
    email: { type: "string", description: "User's email address" },
  }),
  elicitation("test_elicitation_sep1034_defaults", "Asks with defaults", "Please review the defaults", {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  }),
  elicitation("test_elicitation_sep1330_enums", "Asks with choices", "Please choose", {
    untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
    titledSingle: {
      type: "string",
      oneOf: titled(["value1", "First Option"], ["value2", "Second Option"], ["value3", "Third Option"]),
    },
    legacyEnum: {
      type: "string", enum: ["opt1", "opt2", "opt3"], enumNames: ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
    titledMulti: {
      type: "array",
      items: { anyOf: titled(["value1", "First Choice"], ["value2", "Second Choice"], ["value3", "Third Choice"]) },
    },
  }),
];

// What the scenario server-stateless looks at.
const statelessTools = [
  tool("test_missing_capability", "Needs sampling", (_, context) => {
    if (!capabilitiesOf(context).sampling) {
      throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
    }
    return texts("The client can sample.");
  }),
  tool("test_streaming_elicitation", "Reports, then asks", async (args, context) => {
    const progressToken = context.mcpReq._meta?.progressToken;
    if (progressToken !== undefined) {
      await context.mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress: 1, total: 2 } });
    }
    return inputTools[0].call(args, context);
  }),
  tool("test_trigger_tool_change", "Adds a tool", async (_, context, { server, extra }) => {
    const name = `added_tool_${extra.tools.length + 1}`;
    extra.tools.push(tool(name, "Was added while the server ran", () => texts("added")));
    await server.sendToolListChanged();
    return texts(`${name} is new`);
  }),
  tool("test_trigger_prompt_change", "Adds a prompt", async (_, context, { server, extra }) => {
    const name = `added_prompt_${extra.prompts.length + 1}`;
    extra.prompts.push({
      name,
      description: "Was added while the server ran",
      get: () => ({ messages: [{ role: "user", content: text("added") }] }),
    });
    await server.sendPromptListChanged();
    return texts(`${name} is new`);
  }),
  tool("test_trigger_resource_update", "Touches the watched resource", async (_, context, { server }) => {
    await server.sendResourceUpdated({ uri: "test://watched-resource" });
    return texts("touched");
  }),
];

export const tools = [
  ...contentTools, ...talkingTools, ...askingTools, ...statelessTools, ...inputTools, ...taskTools,
];
