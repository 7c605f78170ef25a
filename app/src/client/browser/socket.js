// socket.rs describes it: each byte here is on the first visit.
const OFFICIAL = "/vendor/socket.io-4.8.4.esm.min.js";
const [EVENT, DISCONNECTED, DENIED] = [0, 1, 2];

const [OPEN_TIMEOUT, FIRST_DELAY, MAX_DELAY] = [20000, 500, 5000];
const MAX_FAILURES = 4;

export class Socket {
  constructor(signal) {
    this.signal = signal;
    this.acks = new Map();
    this.count = this.failures = 0;
    addEventListener("offline", () => this.ws && this.lose());
    this.connect();
  }

  get connected() {
    return this.official ? this.official.connected : !!this.ready;
  }

  connect() {
    this.wanted = true;
    if (this.official) this.official.connect();
    else if (!this.ws) this.open();
  }

  disconnect() {
    this.wanted = false;
    clearTimeout(this.retry);
    if (this.official) this.official.disconnect();
    else if (this.ws) {
      if (this.ready) this.ws.send("41");
      this.lose();
    }
  }

  emit(event, payload) {
    if (this.official) this.official.emit(event, JSON.parse(payload));
    else this.ws.send(`42["${event}",${payload}]`);
  }

  emitWithAck(event, payload, timeout) {
    if (this.official) {
      const sent = this.official.timeout(timeout).emitWithAck(event, JSON.parse(payload));
      return sent.then(JSON.stringify);
    }
    const id = this.count++;
    return new Promise((resolve) => {
      this.acks.set(id, resolve);
      setTimeout(() => this.answer(id), timeout);
      this.ws.send(`42${id}["${event}",${payload}]`);
    });
  }

  answer(id, json) {
    this.acks.get(id)?.(json);
    this.acks.delete(id);
  }

  open() {
    clearTimeout(this.retry);
    const url = location.origin.replace("http", "ws");
    const ws = (this.ws = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`));
    this.watch(OPEN_TIMEOUT);
    ws.onmessage = ({ data }) => this.ws === ws && this.receive(data);
    ws.onclose = () => this.ws === ws && this.lose();
  }

  watch(patience) {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.lose(), patience);
  }

  receive(data) {
    const text = data.slice(2);
    if (data[0] === "0") {
      const { pingInterval, pingTimeout } = JSON.parse(data.slice(1));
      this.patience = pingInterval + pingTimeout;
      this.watch(this.patience);
      this.ws.send("40");
    } else if (data[0] === "2") {
      this.watch(this.patience);
      this.ws.send("3");
    } else if (data[0] !== "4") this.lose();
    else if (data[1] === "0") {
      this.ready = this.proven = true;
      this.failures = 0;
    } else if (data[1] === "1") this.deny();
    else if (data[1] === "2") this.signal(EVENT, text.slice(text.indexOf(",") + 1, -1));
    else if (data[1] === "3") {
      const start = text.indexOf("[");
      this.answer(+text.slice(0, start), text.slice(start + 1, -1));
    } else if (data[1] === "4") this.deny(JSON.parse(text).message.split(":")[0]);
  }

  deny(code) {
    this.wanted = this.ready = false;
    this.lose();
    this.signal(DENIED, code);
  }

  lose() {
    const { ws, ready, wanted } = this;
    this.ws = undefined;
    this.ready = false;
    clearTimeout(this.watchdog);
    ws.close();
    for (const id of [...this.acks.keys()]) this.answer(id);
    if (wanted) {
      if (!ready && ++this.failures >= (this.proven ? MAX_FAILURES : 1) && navigator.onLine) this.replace();
      else this.retryLater();
    }
    if (wanted || ready) this.signal(DISCONNECTED);
  }

  retryLater() {
    const delay = FIRST_DELAY * 2 ** Math.min(this.failures, 9) * 2 * Math.random();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.wanted && this.connect(), Math.min(delay, MAX_DELAY));
  }

  async replace() {
    let io;
    try {
      ({ io } = await import(OFFICIAL));
    } catch {
      return this.retryLater();
    }
    if (!this.wanted || this.ws || this.official) return;
    const official = (this.official = io({
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: FIRST_DELAY,
      reconnectionDelayMax: MAX_DELAY,
      randomizationFactor: 1,
    }));
    official.onAny((_, payload) => this.signal(EVENT, JSON.stringify(payload)));
    official.on("disconnect", (reason) =>
      this.signal(reason === "io server disconnect" ? DENIED : DISCONNECTED),
    );
    official.on("connect_error", ({ message }) =>
      official.active ? this.signal(DISCONNECTED) : this.signal(DENIED, message.split(":")[0]),
    );
  }
}
