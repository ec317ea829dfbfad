// A command on pipes that speaks one JSON message a line.
import { spawn } from "node:child_process";

export class Pipe {
  // `receive` gets each message of the command's.
  constructor(command, receive) {
    this.process = spawn(command[0], command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
    this.left = new Promise((resolve) => this.process.once("close", resolve));
    this.process.stdin.on("error", () => {});
    let text = "";
    this.process.stdout.setEncoding("utf8").on("data", (chunk) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop();
      for (const line of lines) receive(JSON.parse(line));
    });
  }

  send(message) {
    this.process.stdin.write(`${JSON.stringify(message)}\n`);
  }

  // Ends the command as an MCP client does.
  async close() {
    this.process.stdin.end();
    const signals = ["SIGTERM", "SIGKILL"].map((signal, n) => setTimeout(() => this.process.kill(signal), 2000 * (n + 1)));
    await this.left;
    signals.forEach(clearTimeout);
  }
}
