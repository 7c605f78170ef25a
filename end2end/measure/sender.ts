import { type Socket, io } from "socket.io-client";
import type { Person } from "../people";

/** A socket of the public API that is ready. */
export async function connect(person: Person): Promise<Socket> {
  const socket = io(process.env.PARLANCE_URL!, { auth: { token: person.accessToken }, transports: ["websocket"] });
  await new Promise((resolve) => socket.once("ready", resolve));
  return socket;
}
