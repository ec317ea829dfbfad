// What is played with each server: it lists, calls, reads, gets prompts, completes, elicits, runs tasks
// and cancels, as far as the server can. `hidden` is what the second set of rules hides; `lines` is how
// many lines a session has at the least.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { conformance, paged } from "./own_plays.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const installed = (name, file = "dist/index.js") => path.join(here, "../node_modules", name, file);
const node = (script, ...args) => [process.execPath, script, ...args];
const method = (name) => (message) => message.method === name;
const anything = z.looseObject({}); // results are recorded, not checked

const everything = {
  lines: 90,
  command: () => node(installed("@modelcontextprotocol/server-everything")),
  hidden: {
    tools: ["get-sum", "get-tiny*"],
    resources: ["demo://resource/static/document/features.md", "demo://resource/dynamic/blob/*"],
    prompts: ["args-prompt"],
  },
  async run(stage) {
    // Its last tools come after the start, and it asks for the roots.
    const rootsKnown = ({ params }) => /^Roots updated/.test(params?.data);
    await stage.heard("the roots are known", rootsKnown);
    await stage.lists();
    await stage.try((client) => client.setLoggingLevel("debug"));
    await stage.call("echo", { message: "one" });
    await stage.call("get-sum", { a: 1, b: 2 });
    await stage.call("get-tiny-image");
    await stage.call("get-env");
    await stage.call("get-annotated-message", { messageType: "error", includeImage: true });
    await stage.call("get-structured-content", { location: "Chicago" });
    await stage.call("get-resource-links", { count: 2 });
    await stage.call("get-resource-reference", { resourceType: "Text", resourceId: 1 });
    await stage.call("get-roots-list");
    await stage.call("trigger-sampling-request", { prompt: "Say something" });
    await stage.call("trigger-elicitation-request");
    await stage.call("trigger-elicitation-request-async"); // as a task of the client's, if it has any
    await stage.call("trigger-url-elicitation", { url: "https://example.org/" });
    await stage.call("trigger-long-running-operation", { duration: 0.2, steps: 2 }, { onprogress: () => {} });
    await stage.call("no-such-tool");
    for (const uri of [
      "demo://resource/static/document/architecture.md", "demo://resource/static/document/features.md",
      "demo://resource/dynamic/text/1", "demo://resource/dynamic/blob/1", "demo://resource/no/such",
    ]) {
      await stage.try((client) => client.readResource({ uri }));
    }
    const watched = { uri: "demo://resource/static/document/architecture.md" };
    await stage.try((client) => client.subscribeResource(watched));
    await stage.try((client) => client.unsubscribeResource(watched));
    await everythingPrompts(stage);
    if (stage.client.experimental) await everythingTasks(stage);
    await stage.cancel("trigger-long-running-operation", { duration: 600, steps: 1 });
    await stage.try((client) => client.sendRootsListChanged());
    await stage.heard("the roots are known again", rootsKnown, 2);
    await stage.try((client) => client.ping());
  },
};

async function everythingPrompts(stage) {
  await stage.try((client) => client.getPrompt({ name: "simple-prompt" }));
  await stage.try((client) => client.getPrompt({ name: "args-prompt", arguments: { city: "Paris" } }));
  await stage.try((client) => client.getPrompt({ name: "resource-prompt", arguments: { resourceType: "Text", resourceId: "1" } }));
  await stage.try((client) => client.getPrompt({ name: "no-such-prompt" }));
  const complete = (ref, name, value, context) =>
    stage.try((client) => client.complete({ ref, argument: { name, value }, ...(context && { context: { arguments: context } }) }));
  const prompt = (name) => ({ type: "ref/prompt", name });
  const template = (kind) => ({ type: "ref/resource", uri: `demo://resource/dynamic/${kind}/{resourceId}` });
  await complete(prompt("completable-prompt"), "department", "E");
  await complete(prompt("completable-prompt"), "name", "", { department: "Engineering" });
  await complete(prompt("args-prompt"), "city", "P");
  await complete(template("text"), "resourceId", "1");
  await complete(template("blob"), "resourceId", "1");
}

// 2025-11-25 tasks: the client asks for one, is asked for input through it, and cancels another.
async function everythingTasks(stage) {
  const status = (wanted) => ({ method: name, params }) => name === "notifications/tasks/status" && params.status === wanted;
  const create = (topic, ambiguous) => stage.try((client) => client.request(
    { method: "tools/call", params: { name: "simulate-research-query", arguments: { topic, ambiguous }, task: { ttl: 60_000 } } },
    anything,
  ));
  const about = (name, taskId) => stage.try((client) => client.request({ method: name, params: { taskId } }, anything));
  const first = (await create("doors", true))?.task?.taskId;
  if (first) {
    await stage.heard("the task asks", status("input_required"));
    await about("tasks/get", first);
    await about("tasks/result", first);
    await about("tasks/get", first);
  }
  const second = (await create("keys", false))?.task?.taskId;
  if (second) {
    await about("tasks/cancel", second);
    await about("tasks/get", second);
  }
  await about("tasks/get", "no-such-task");
}

const memory = {
  lines: 35,
  command: () => node(installed("@modelcontextprotocol/server-memory")),
  env: (folder) => ({ MEMORY_FILE_PATH: path.join(folder, "memory.jsonl") }),
  hidden: { tools: ["delete_*", "search_nodes"], resources: ["memory://*"], prompts: [] },
  async run(stage) {
    const uri = "memory://knowledge-graph";
    await stage.lists();
    await stage.try((client) => client.subscribeResource({ uri }));
    await stage.call("create_entities", { entities: [{ name: "door", entityType: "thing", observations: ["is shut"] }, { name: "key", entityType: "thing", observations: [] }] });
    await stage.call("create_relations", { relations: [{ from: "key", to: "door", relationType: "opens" }] });
    await stage.call("add_observations", { observations: [{ entityName: "door", contents: ["is oak"] }] });
    await stage.call("read_graph");
    await stage.call("search_nodes", { query: "shut" });
    await stage.call("open_nodes", { names: ["key"] });
    await stage.try((client) => client.readResource({ uri }));
    await stage.call("delete_observations", { deletions: [{ entityName: "door", observations: ["is oak"] }] });
    await stage.call("delete_entities", { entityNames: ["key"] });
    await stage.call("open_nodes", { names: 7 });
    await stage.call("search_nodes", { query: "\u2028 \ud83d\udd11 \\ \" \u0000 é" });
    await stage.try((client) => client.ping());
  },
};

const filesystem = {
  lines: 35,
  command: (folder) => node(installed("@modelcontextprotocol/server-filesystem"), folder),
  prepare: (folder) => fs.writeFileSync(path.join(folder, "note.txt"), "a note\nof two lines\n"),
  hidden: { tools: ["search_files", "read_media_file", "*_info"], resources: [], prompts: [] },
  async run(stage) {
    const at = (name) => path.join(stage.folder, name);
    await stage.heard("the roots are asked for", method("roots/list"));
    // It allowed what the client's roots said; none of them exists, so the folder stays.
    await stage.lists();
    await stage.call("list_allowed_directories");
    await stage.call("read_text_file", { path: at("note.txt") });
    await stage.call("read_text_file", { path: "/etc/passwd" });
    await stage.call("write_file", { path: at("new.txt"), content: "new\r\n\ttext\u2029" });
    await stage.call("edit_file", { path: at("new.txt"), edits: [{ oldText: "new", newText: "old" }] });
    await stage.call("create_directory", { path: at("sub") });
    await stage.call("move_file", { source: at("note.txt"), destination: at("sub/note.txt") });
    await stage.call("list_directory", { path: at(".") });
    await stage.call("directory_tree", { path: at(".") });
    await stage.call("search_files", { path: at("."), pattern: "**/*.txt" });
    await stage.call("read_multiple_files", { paths: [at("new.txt"), at("none.txt")] });
    await stage.call("get_file_info", { path: at("new.txt") });
    await stage.call("read_media_file", { path: at("new.txt") });
    await stage.call("write_file", { path: at("large.txt"), content: "0123456789abcdef".repeat(65_536) });
    await stage.call("read_text_file", { path: at("large.txt") });
  },
};

const thinking = {
  lines: 11,
  command: () => node(installed("@modelcontextprotocol/server-sequential-thinking")),
  hidden: { tools: ["sequentialthinking"], resources: [], prompts: [] },
  async run(stage) {
    await stage.lists();
    for (const thoughtNumber of [1, 2]) {
      await stage.call("sequentialthinking", {
        thought: `Thought ${thoughtNumber}`, thoughtNumber, totalThoughts: 2, nextThoughtNeeded: thoughtNumber < 2,
      });
    }
    await stage.call("sequentialthinking", { thought: 1 });
    await stage.try((client) => client.ping());
  },
};

function repository(folder) {
  const env = {
    ...process.env,
    GIT_AUTHOR_NAME: "Ann", GIT_AUTHOR_EMAIL: "ann@example.org", GIT_AUTHOR_DATE: "2026-01-02T03:04:05Z",
    GIT_COMMITTER_NAME: "Ann", GIT_COMMITTER_EMAIL: "ann@example.org", GIT_COMMITTER_DATE: "2026-01-02T03:04:05Z",
  };
  const git = (...args) => execFileSync("git", args, { cwd: folder, env, stdio: "ignore" });
  git("init", "--initial-branch=main");
  for (const file of ["kept.txt", "note.txt"]) fs.writeFileSync(path.join(folder, file), "a note\n");
  git("add", ".");
  git("commit", "--message=Add two notes");
  fs.writeFileSync(path.join(folder, "note.txt"), "a changed note\n");
}

const git = {
  lines: 38,
  command: () => node(installed("@cyanheads/git-mcp-server")),
  prepare: repository,
  env: (folder) => ({ MCP_TRANSPORT_TYPE: "stdio", LOGS_DIR: path.join(folder, ".git", "server-logs"), GIT_BASE_DIR: folder }),
  hidden: { tools: ["git_log", "git_tag", "git_re*"], resources: ["git://*"], prompts: ["git_wrapup"] },
  async run(stage) {
    const here = { path: stage.folder };
    await stage.lists();
    await stage.call("git_set_working_dir", here);
    await stage.try((client) => client.readResource({ uri: "git://working-directory" }));
    await stage.call("git_status", here);
    await stage.call("git_diff", here);
    await stage.call("git_log", here);
    await stage.call("git_branch", { ...here, mode: "list" });
    await stage.call("git_add", { ...here, paths: ["note.txt"] });
    await stage.call("git_status", here);
    await stage.call("git_tag", { ...here, mode: "list" });
    await stage.call("git_show", { ...here, object: "HEAD" });
    await stage.call("git_blame", { ...here, filePath: "kept.txt" });
    await stage.call("git_remote", { ...here, mode: "list" });
    await stage.call("git_checkout", { ...here, target: "no-such-branch" });
    await stage.try((client) => client.getPrompt({ name: "git_wrapup", arguments: {} }));
    await stage.try((client) => client.ping());
  },
};

export const plays = { everything, memory, filesystem, thinking, git, conformance, paged };
