// The Tasks extension of 2026-07-28 on the conformance server: the server decides that a call becomes
// a task, and tasks/get, tasks/update and tasks/cancel reach it. Task ids count up, so that two
// sessions that ask the same are answered the same.
import { MissingRequiredClientCapabilityError, ProtocolError, acceptedContent, inputRequired } from "@modelcontextprotocol/server";
import { z } from "zod";
import { texts } from "./content.mjs";
import { capabilitiesOf } from "./inputs.mjs";

export const tasksExtension = "io.modelcontextprotocol/tasks";
const anything = z.looseObject({});
const declared = (context) => capabilitiesOf(context).extensions?.[tasksExtension] !== undefined;
const tasksOf = new WeakMap(); // server → its tasks

function requireExtension(context) {
  if (declared(context)) return;
  throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [tasksExtension]: {} } } });
}

class Task {
  constructor(taskId) {
    const now = new Date().toISOString();
    this.shown = { taskId, status: "working", createdAt: now, lastUpdatedAt: now, ttlMs: 60_000, pollIntervalMs: 50 };
  }

  get over() {
    return ["completed", "failed", "cancelled"].includes(this.shown.status);
  }

  // A task that is over stays as it ended.
  become(status, more = {}) {
    if (this.over) return;
    const { inputRequests, ...shown } = this.shown;
    this.shown = { ...shown, status, lastUpdatedAt: new Date().toISOString(), ...more };
  }

  // Asks once the call is answered, then waits for all of `inputRequests`; `done` gets the answers.
  waitFor(inputRequests, done) {
    this.answers = {};
    this.done = done;
    later(0, () => this.become("input_required", { inputRequests }));
  }

  answer(inputResponses) {
    if (this.shown.status !== "input_required") return;
    const open = { ...this.shown.inputRequests };
    for (const key of Object.keys(inputResponses ?? {}).filter((name) => name in open)) {
      this.answers[key] = inputResponses[key];
      delete open[key];
    }
    if (Object.keys(open).length > 0) this.become("input_required", { inputRequests: open });
    else this.become("completed", { result: this.done(this.answers) });
  }
}

function start(server) {
  const tasks = tasksOf.get(server);
  const task = new Task(`task-${tasks.size + 1}`);
  tasks.set(task.shown.taskId, task);
  return task;
}

const created = (task) => ({ resultType: "task", ...task.shown });
const later = (milliseconds, step) => setTimeout(step, milliseconds).unref();
const confirm = (message) => inputRequired.elicit({
  message, requestedSchema: { type: "object", properties: { confirm: { type: "boolean" } }, required: ["confirm"] },
});

export function addTaskMethods(server) {
  tasksOf.set(server, new Map());
  const method = (name, reach) =>
    server.setRequestHandler(name, { params: anything, result: anything }, async (params, context) => {
      requireExtension(context);
      const task = tasksOf.get(server).get(params.taskId);
      if (!task) throw new ProtocolError(-32602, `Unknown task: ${params.taskId}`);
      return reach(task, context.mcpReq) ?? {};
    });
  method("tasks/get", (task) => task.shown);
  method("tasks/update", (task, { inputResponses }) => task.answer(inputResponses));
  method("tasks/cancel", (task) => task.become("cancelled"));
}

const tool = (name, description, call, properties = {}) =>
  ({ name, description, inputSchema: { type: "object", properties }, call });

export const taskTools = [
  tool("greet", "Greets at once", ({ name }) => texts(`Hello, ${name}!`), { name: { type: "string" } }),
  tool("slow_compute", "Computes for so many seconds", ({ seconds = 0, label = "" }, context, { server }) => {
    const result = texts(`Computed ${label} in ${seconds} s`);
    if (!declared(context)) return new Promise((resolve) => later(1000 * Math.min(seconds, 1), () => resolve(result)));
    const task = start(server);
    later(1000 * seconds, () => task.become("completed", { result }));
    return created(task);
  }, { seconds: { type: "number" }, label: { type: "string" } }),
  tool("failing_job", "Fails, as a task only", (_, context, { server }) => {
    requireExtension(context);
    const task = start(server);
    later(200, () => task.become("completed", { result: { ...texts("The job failed."), isError: true } }));
    return created(task);
  }),
  tool("protocol_error_job", "Breaks", (_, context, { server }) => {
    requireExtension(context);
    const task = start(server);
    later(100, () => task.become("failed", { error: { code: -32603, message: "The job broke." } }));
    return created(task);
  }),
  tool("confirm_delete", "Asks, then deletes nothing", ({ filename }, context, { server }) => {
    requireExtension(context);
    const task = start(server);
    task.waitFor({ confirm: confirm(`Delete ${filename}?`) }, () => texts(`Would have deleted ${filename}.`));
    return created(task);
  }, { filename: { type: "string" } }),
  tool("multi_input", "Asks for two things", (_, context, { server }) => {
    requireExtension(context);
    const task = start(server);
    task.waitFor({ first: confirm("The first?"), second: confirm("The second?") }, () => texts("Both are here."));
    return created(task);
  }),
  tool("test_tool_with_task", "Asks, then becomes a task", (_, context, { server }) => {
    const answer = acceptedContent(context.mcpReq.inputResponses, "user_name");
    if (!answer) {
      return inputRequired({
        inputRequests: {
          user_name: inputRequired.elicit({
            message: "What is your name?",
            requestedSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
          }),
        },
      });
    }
    requireExtension(context);
    const task = start(server);
    later(50, () => task.become("completed", { result: texts(`Hello, ${answer.name}!`) }));
    return created(task);
  }),
];
