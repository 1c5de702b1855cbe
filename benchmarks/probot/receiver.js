// Probot with a handler that does nothing: the least that a receiver of webhooks costs there.
import { Probot, Server } from "probot";

const server = new Server({
  port: Number(process.env.PORT),
  host: "127.0.0.1",
  Probot: Probot.defaults({
    appId: process.env.APP_ID,
    privateKey: process.env.PRIVATE_KEY,
    secret: process.env.WEBHOOK_SECRET,
    logLevel: "fatal",
  }),
  webhookPath: "/webhooks/github",
});
await server.load((app) => {
  app.onAny(async () => {});
});
await server.start();
