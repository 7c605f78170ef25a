// Tries the contract by hand: logs in, says, and shows what comes. Works at the root of a port and
// below a path, since every address is relative to this file.
import { io } from "./socket.io.js";

const $ = (id) => document.getElementById(id);
const QUIET = 1500;

function show(text, kind = "") {
  const line = document.createElement("li");
  line.textContent = text;
  line.className = kind;
  $("log").prepend(line);
}

async function login(credentials) {
  const answer = await fetch(new URL("../api/v0/auth/login", import.meta.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(credentials),
  });
  const { success, data, message } = await answer.json();
  if (!success) throw new Error(message);
  return data;
}

function connect(token, user) {
  const { origin, pathname } = new URL("../socket.io", import.meta.url);
  const socket = io(origin, { path: pathname, auth: { token } });
  socket.on("connect", () => ($("connection").textContent = "Connected"));
  socket.on("disconnect", (reason) => ($("connection").textContent = `Disconnected: ${reason}`));
  socket.on("connect_error", (error) => show(`Not connected: ${error.message}`, "error"));
  socket.on("error", ({ message }) => show(message, "error"));
  socket.on("new_message", ({ data }) => {
    show(`${data.sender.name}: ${data.message}`);
    socket.emit("mark_message_read", { messageId: data._id });
  });
  socket.on("message_sent", ({ data }) => show(`To ${data.receiver.name}: ${data.message}`));
  socket.on("message_read", ({ messageId }) => show(`Message ${messageId} was read.`));
  socket.on("admin_broadcast", ({ data }) => show(`${data.sentBy} to everyone: ${data.message}`));
  socket.on("user_status_update", ({ userId, isOnline }) => {
    if (userId !== user._id) show(`User ${userId} is ${isOnline ? "online" : "offline"}.`);
  });
  socket.on("user_typing", ({ senderName, isTyping }) => {
    $("typing").textContent = isTyping ? `${senderName} is typing…` : "";
  });
  return socket;
}

function onSubmit(form, act) {
  $(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await act(Object.fromEntries(new FormData(event.target)), event.target);
    } catch (error) {
      show(error.message, "error");
    }
  });
}

function open(socket, user) {
  $("login").hidden = true;
  $("chat").hidden = false;
  $("me").textContent = `${user.name} (${user._id})`;
  $("broadcast").hidden = $("admin").hidden = user.role !== "admin";

  let typing;
  const stop = (receiverId) => {
    if (typing) socket.emit("typing_stop", { receiverId });
    clearTimeout(typing);
    typing = undefined;
  };
  const { receiverId, message } = $("send").elements;
  message.addEventListener("input", () => {
    if (!receiverId.value) return;
    if (!typing) socket.emit("typing_start", { receiverId: receiverId.value });
    clearTimeout(typing);
    typing = setTimeout(() => stop(receiverId.value), QUIET);
  });
  onSubmit("send", (said) => {
    stop(said.receiverId);
    socket.emit("send_message", { ...said, messageType: "text" });
    message.value = "";
  });
  onSubmit("broadcast", (said, form) => {
    socket.emit("admin_broadcast", { ...said, messageType: "text" });
    form.reset();
  });
  onSubmit("admin", (said, form) => {
    socket.emit("admin_message_user", { ...said, messageType: "text" });
    form.reset();
  });
}

onSubmit("login", async (credentials) => {
  const { token, user } = await login(credentials);
  open(connect(token, user), user);
});
