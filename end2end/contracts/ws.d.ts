/** The part of npm's `ws` that the tests use. */
declare module "ws" {
  export default class WebSocket {
    constructor(url: string);
    on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): void;
    on(event: "open", listener: () => void): void;
    on(event: "close", listener: (code: number) => void): void;
    on(event: "error", listener: (error: Error) => void): void;
    send(data: string | Buffer): void;
    close(): void;
  }
}
