// Redis servers, sentinels and clients in one process, in virtual time: what each sends arrives a millisecond later.
import { Discovery, Sentinel } from "quorate/sentinel";
import { encodeCommand } from "quorate/resp";

const bulk = (text) => `$${text.length}\r\n${text}\r\n`;

/** A clock, what will happen, and who listens at which port. */
export class Net {
  now = 0;
  queue = [];
  serial = 0;
  endpoints = new Map();

  after(ms, run) {
    const at = this.now + ms;
    this.serial += 1;
    let place = this.queue.length;
    while (place > 0 && this.queue[place - 1].at > at) place -= 1;
    this.queue.splice(place, 0, { at, run });
  }

  run(until) {
    while (this.queue.length > 0 && this.queue[0].at <= until) {
      const { at, run } = this.queue.shift();
      this.now = at;
      run();
    }
    this.now = until;
  }

  /** Whoever listens there is gone, and all connections to it. */
  crash(port) {
    const endpoint = this.endpoints.get(port);
    endpoint.up = false;
    for (const wire of [...endpoint.guests]) wire.lose();
  }
}

/** What can be connected to. */
class Endpoint {
  up = true;
  /** The connections that others have to it. */
  guests = new Set();

  constructor(net, port) {
    this.net = net;
    this.port = port;
    net.endpoints.set(port, this);
  }

  closed(wire) {
    this.guests.delete(wire);
  }
}

/** As much of a Redis server as sentinels and clients ask of one. */
export class Redis extends Endpoint {
  subscribers = new Set();

  constructor(net, port, primary) {
    super(net, port);
    this.primary = primary;
    this.runId = String(port).padStart(40, "0");
  }

  command(wire, [name, ...args]) {
    wire.answer(this.answer(wire, name.toUpperCase(), args));
  }

  answer(wire, name, args) {
    switch (name) {
      case "PING":
        return "+PONG\r\n";
      case "INFO":
        return bulk(this.info());
      case "ROLE":
        return this.primary === undefined ? "*3\r\n$6\r\nmaster\r\n:9\r\n*0\r\n" : `*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:${this.primary}\r\n$9\r\nconnected\r\n:9\r\n`;
      case "SUBSCRIBE":
        this.subscribers.add(wire);
        return `*3\r\n$9\r\nsubscribe\r\n${bulk(args[0])}:1\r\n`;
      case "PUBLISH":
        for (const subscriber of this.subscribers) subscriber.answer(encodeCommand("message", ...args));
        return `:${this.subscribers.size}\r\n`;
      case "SLAVEOF":
      case "REPLICAOF":
        this.primary = args[0].toUpperCase() === "NO" ? undefined : Number(args[1]);
        return "+QUEUED\r\n";
      default:
        return "+OK\r\n";
    }
  }

  info() {
    const lines = [`run_id:${this.runId}`];
    if (this.primary !== undefined) {
      const link = this.net.endpoints.get(this.primary).up ? "up" : "down";
      lines.push("role:slave", "master_host:127.0.0.1", `master_port:${this.primary}`, `master_link_status:${link}`, "slave_repl_offset:9", "slave_priority:100");
    } else {
      const replicas = [...this.net.endpoints.values()].filter((other) => other instanceof Redis && other.primary === this.port && other.up);
      lines.push("role:master", ...replicas.map(({ port }, at) => `slave${at}:ip=127.0.0.1,port=${port},state=online,offset=9,lag=0`));
    }
    return `${lines.join("\r\n")}\r\n`;
  }

  closed(wire) {
    super.closed(wire);
    this.subscribers.delete(wire);
  }
}

/** One connection of a machine to an endpoint. */
class Wire {
  open = false;
  waiting = [];

  constructor(driver, link, port) {
    this.driver = driver;
    this.link = link;
    this.endpoint = driver.net.endpoints.get(port);
    driver.net.after(1, () => this.connect());
  }

  connect() {
    if (this.driver.wires.get(this.link) !== this) return;
    if (!this.endpoint?.up) return this.lose();
    this.open = true;
    this.endpoint.guests.add(this);
    this.driver.tell(() => this.driver.machine.connected(this.link, this.driver.net.now));
    for (const argv of this.waiting.splice(0)) this.send(argv);
  }

  send(argv) {
    if (!this.open) return void this.waiting.push(argv);
    this.driver.net.after(1, () => {
      if (this.open && this.endpoint.up) this.endpoint.command(this, argv);
    });
  }

  /** What comes over the wire comes in two pieces. */
  answer(data) {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const middle = Math.ceil(bytes.length / 2);
    for (const piece of [bytes.subarray(0, middle), bytes.subarray(middle)]) {
      this.driver.net.after(1, () => {
        if (this.open) this.driver.tell(() => this.driver.machine.received(this.link, piece, this.driver.net.now));
      });
    }
  }

  lose() {
    if (this.close()) this.driver.tell(() => this.driver.machine.disconnected(this.link, this.driver.net.now));
  }

  close() {
    this.open = false;
    this.endpoint?.closed(this);
    return this.driver.wires.delete(this.link);
  }
}

/** Does what a machine says about connections. */
class Driver extends Endpoint {
  wires = new Map();
  outputs = [];

  tell(news) {
    try {
      news();
    } catch (error) {
      // Late news of a link that was closed meanwhile.
      if (error.code !== "unknown_link") throw error;
    }
    this.work();
  }

  work() {
    for (let outputs = this.machine.drain(); outputs.length > 0; outputs = this.machine.drain()) {
      for (const output of outputs) {
        this.outputs.push(output);
        if (output.kind === "connect") this.wires.set(output.link, new Wire(this, output.link, output.port));
        else if (output.kind === "send") this.wires.get(output.link).send(output.argv);
        else if (output.kind === "close" || output.kind === "invalidate") this.wires.get(output.link)?.close();
        else this.perform(output);
      }
    }
  }

  /** The outputs of a kind. */
  of(kind) {
    return this.outputs.filter((output) => output.kind === kind);
  }
}

/** A sentinel at a port, with a disk that takes a while. */
export class Seat extends Driver {
  lines = [];
  clients = new Map();
  writing = undefined;

  constructor(net, port, { masters, ...config }) {
    super(net, port);
    this.config = { id: String(port).padStart(40, "a"), seed: port, port, masters, ...config };
    this.machine = new Sentinel(this.config, [], 0);
    this.tick();
  }

  tick() {
    if (!this.up) return;
    this.machine.tick(this.net.now);
    this.work();
    this.net.after(this.machine.tickPeriod, () => this.tick());
  }

  perform(output) {
    if (this.writing !== undefined) throw new Error(`${output.kind} came out while a write was under way`);
    if (output.kind === "persist") {
      this.writing = output;
      this.net.after(5, () => {
        this.lines = output.lines;
        this.writing = undefined;
        this.machine.persisted(output.ticket);
        this.work();
      });
    } else if (output.kind === "reply") {
      this.clients.get(output.client)?.answer(output.bytes);
    }
  }

  command(wire, argv) {
    let client = [...this.clients].find(([, other]) => other === wire)?.[0];
    if (client === undefined) {
      client = this.clients.size + 1;
      this.clients.set(client, wire);
    }
    this.machine.command(client, argv, this.net.now);
    this.work();
  }

  events(name) {
    return this.of("event").filter((event) => event.name === name);
  }
}

/** A client that looks for servers. */
export class Client extends Driver {
  constructor(net, config) {
    super(net, 0);
    this.machine = new Discovery(config);
    this.work();
  }

  request(preference) {
    const request = this.machine.request(preference, this.net.now);
    this.work();
    return request;
  }

  /** Lets time pass, and tells the machine. */
  run(until) {
    while (this.net.now < until) {
      this.net.run(Math.min(until, this.net.now + 10));
      this.machine.tick(this.net.now);
      this.work();
    }
  }

  perform() {}
}

/** A primary, two replicas, and three sentinels that watch them. */
export function group(settings = {}) {
  const net = new Net();
  const servers = [new Redis(net, 6379), new Redis(net, 6380, 6379), new Redis(net, 6381, 6379)];
  const masters = [{ name: "mymaster", host: "127.0.0.1", port: 6379, quorum: 2, downAfter: 1000, failoverTimeout: 10_000 }];
  const seats = [26379, 26380, 26381].map((port) => new Seat(net, port, { masters, ...settings }));
  return { net, servers, seats };
}

/** Lets a group's primary fail, and returns where each sentinel says that the next one is, and the hash of its state. */
export function sentinels() {
  const { net, seats } = group();
  net.run(5000);
  net.crash(6379);
  net.run(20_000);
  const found = seats.map(({ machine }) => [machine.masterAddress("mymaster").port, String(machine.stateHash())]);
  for (const { machine } of seats) machine.free();
  return found;
}
