// What is played with the project's own server, as in plays.mjs.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const server = path.join(path.dirname(fileURLToPath(import.meta.url)), "../conformance/server.mjs");
const anything = z.looseObject({}); // results are recorded, not checked

// The project's own server speaks both revisions.
export const conformance = {
  lines: 110,
  command: () => [process.execPath, server],
  hidden: {
    tools: ["test_audio_content", "json_schema*"],
    resources: ["test://static-binary", "test://template/{id}*", "test://template/2/*"],
    prompts: ["test_prompt_with_image"],
  },
  async run(stage) {
    await stage.lists();
    for (const name of ["test_simple_text", "test_audio_content", "test_multiple_content_types", "test_error_handling"]) {
      await stage.call(name);
    }
    await stage.call("no_such_tool");
    await stage.call("test_tool_with_progress", {}, { onprogress: () => {} });
    await stage.try((client) => client.callTool(
      { name: "test_tool_with_logging", arguments: {}, _meta: { "io.modelcontextprotocol/logLevel": "debug" } },
    ));
    for (const uri of ["test://static-text", "test://static-binary", "test://template/1/data", "test://template/2/data", "test://none"]) {
      await stage.try((client) => client.readResource({ uri }));
    }
    await stage.try((client) => client.getPrompt({ name: "test_prompt_with_arguments", arguments: { arg1: "a", arg2: "b" } }));
    await stage.try((client) => client.getPrompt({ name: "test_prompt_with_image" }));
    for (const [ref, argument] of [
      [{ type: "ref/prompt", name: "test_prompt_with_arguments" }, { name: "arg1", value: "par" }],
      [{ type: "ref/prompt", name: "test_prompt_with_image" }, { name: "arg1", value: "par" }],
      [{ type: "ref/resource", uri: "test://template/{id}/data" }, { name: "id", value: "1" }],
    ]) {
      await stage.try((client) => client.complete({ ref, argument }));
    }
    await elicitations(stage);
    await (stage.modern ? modernOnly(stage) : legacyOnly(stage));
    await stage.cancel("wait_for_cancel");
    await stage.call("test_simple_text");
  },
};

// In 2026-07-28 these go round as input_required results; before, the server asks.
async function elicitations(stage) {
  for (const kind of ["elicitation", "sampling", "list_roots", "request_state", "multiple_inputs", "multi_round", "capabilities"]) {
    await stage.call(`test_input_required_result_${kind}`);
  }
  await stage.try((client) => client.getPrompt({ name: "test_input_required_result_prompt" }));
}

async function legacyOnly(stage) {
  await stage.call("test_elicitation", { message: "Who?" });
  await stage.call("test_sampling", { prompt: "Say something" });
  await stage.try((client) => client.setLoggingLevel("warning"));
  await stage.try((client) => client.subscribeResource({ uri: "test://watched-resource" }));
  await stage.call("test_trigger_resource_update");
  await stage.call("test_trigger_tool_change");
  await stage.call("test_trigger_prompt_change");
  await stage.lists();
  await stage.try((client) => client.ping());
}

async function modernOnly(stage) {
  const about = (name, params) => stage.try((client) => client.request({ method: name, params }, anything));
  await stage.try((client) => client.discover());
  const streams = [
    await stage.try((client) => client.listen({ toolsListChanged: true, resourceSubscriptions: ["test://watched-resource"] })),
    await stage.try((client) => client.listen({ toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true })),
  ];
  await stage.call("test_trigger_resource_update");
  await stage.call("test_trigger_tool_change");
  await streams[0]?.close();
  await stage.call("test_trigger_prompt_change");
  await streams[1]?.close();
  for (const list of ["listTools", "listPrompts"]) {
    await stage.try((client) => client[list](undefined, { cacheMode: "refresh" }));
  }
  await stage.call("slow_compute", { seconds: 0, label: "at once" }); // task-1
  await stage.call("confirm_delete", { filename: "nothing" }); // task-2
  await stage.call("slow_compute", { seconds: 60 }); // task-3
  await about("tasks/get", { taskId: "task-2" });
  await about("tasks/update", { taskId: "task-2", inputResponses: { confirm: { action: "accept", content: { confirm: true } } } });
  for (const n of [1, 2, 3]) await about("tasks/get", { taskId: `task-${n}` });
  await about("tasks/cancel", { taskId: "task-3" });
  await about("tasks/get", { taskId: "task-3" });
  await stage.call("test_tool_with_task"); // asks, then is task-4
  await about("tasks/get", { taskId: "task-4" });
}

// The same server with lists in pages of two: whole pages are hidden, and cursors stay as they are.
export const paged = {
  lines: 55,
  command: () => [process.execPath, server, "2"],
  hidden: {
    tools: ["test_simple_text", "test_image_content", "test_audio_content", "greet", "multi_input"],
    resources: ["test://static-*"],
    prompts: ["*_arguments", "*_with_image", "test_simple_prompt"],
  },
  async run(stage) {
    await stage.lists();
    await stage.call("test_simple_text");
    await stage.call("test_multiple_content_types");
    await stage.call("test_trigger_tool_change");
    await stage.try((client) => client.listTools({ cursor: "MTA" })); // "10", which the client was given
    await stage.try((client) => client.listTools({ cursor: "not a cursor" }));
  },
};
