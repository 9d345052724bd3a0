// A Raft group in one process: each member with a disk, a state machine and a wire of bytes between them.
import { Entry, HardState, Message, Node, Stored } from "quorate/raft";

const decoder = new TextDecoder();

/** A node and what it does its work with. */
export class Member {
  state = [];
  reads = [];
  roles = [];
  traces = [];
  fetches = [];

  constructor(config, stored) {
    this.config = config;
    this.stored = stored;
    this.node = new Node(config, stored);
  }

  /** As after a crash: of what is stored, and nothing else. */
  restart() {
    this.node.free();
    this.node = new Node(this.config, this.stored);
  }

  /** Does what the node says, and gives back what it wants to send. */
  work(byOne = false) {
    const sent = [];
    for (;;) {
      const outputs = byOne ? [this.node.poll()] : this.node.drain();
      if (outputs.length === 0) return sent;
      for (const output of outputs) {
        if (output === undefined) return sent;
        switch (output.kind) {
          case "send":
            sent.push(output.message);
            break;
          case "persist":
            this.#persist(output);
            this.node.persisted(output.ticket);
            break;
          case "apply":
            this.#apply(output.entries);
            break;
          case "read_ready":
          case "read_lost":
            this.reads.push(output);
            break;
          case "role_changed":
            this.roles.push(output);
            break;
          case "fetch":
            this.fetches.push(output);
            // Somebody joins, and the snapshot that the group began with does not name it.
            if (output.previous === 0) this.node.snapshotTaken(this.snapshot());
            break;
          case "trace":
            this.traces.push(output.trace);
            break;
          default:
            throw new Error(`an output of kind ${output.kind}`);
        }
      }
    }
  }

  /** Of all that is applied. */
  snapshot() {
    const index = this.stored.applied;
    return { index, term: this.node.termAt(index), confState: this.node.confState, data: this.state.join("\n") };
  }

  /** Takes a snapshot, and drops what it covers from the window and the disk. */
  compact() {
    const snapshot = this.snapshot();
    this.node.snapshotTaken(snapshot);
    this.node.compact(snapshot.index);
    this.stored = { ...this.stored, snapshot, entries: (this.stored.entries ?? []).filter(({ index }) => index > snapshot.index) };
    return snapshot;
  }

  #persist({ hardState, snapshot, entries }) {
    if (snapshot !== undefined) {
      this.stored = { ...Stored.ofSnapshot(snapshot), hardState: this.stored.hardState };
      this.state = snapshot.data.length > 0 ? decoder.decode(snapshot.data).split("\n") : [];
    }
    if (entries.length > 0) {
      const first = entries[0].index;
      this.stored = { ...this.stored, entries: [...(this.stored.entries ?? []).filter(({ index }) => index < first), ...entries] };
    }
    if (hardState !== undefined) this.stored = { ...this.stored, hardState: HardState.decode(HardState.encode(hardState)) };
  }

  #apply(entries) {
    for (const entry of entries) {
      const change = Entry.confChange(entry);
      if (change !== undefined) this.stored = { ...this.stored, confState: this.node.applyConfChange(change) };
      else if (entry.data.length > 0) this.state.push(decoder.decode(entry.data));
    }
    this.stored = { ...this.stored, applied: entries.at(-1).index };
    this.node.applied(entries.at(-1).index);
  }
}

/** Members 1 to n, of which any can be cut off. */
export class Group {
  members = new Map();
  cut = new Set();
  delivered = 0;

  constructor(size = 3, { byOne = false, ...settings } = {}) {
    this.byOne = byOne;
    this.settings = settings;
    const voters = Array.from({ length: size }, (_, i) => i + 1);
    for (const id of voters) this.add(id, Stored.group(voters));
  }

  add(id, stored = {}) {
    const member = new Member({ id, seed: 100 + Number(id), ...this.settings }, stored);
    this.members.set(id, member);
    return member;
  }

  at(id) {
    return this.members.get(id);
  }

  /** Works and delivers until nobody has anything to say. What is sent goes through bytes. */
  run() {
    for (;;) {
      const wire = [...this.members.values()].flatMap((member) => member.work(this.byOne)).map((message) => Message.encode(message));
      if (wire.length === 0) return;
      for (const bytes of wire) {
        const message = Message.decode(bytes);
        if (this.cut.has(message.to) || this.cut.has(message.from) || !this.members.has(message.to)) continue;
        this.delivered += 1;
        try {
          this.at(message.to).node.step(message);
        } catch (error) {
          // Whoever forwarded it asks again, and whoever was removed is told nothing.
          if (!["proposal_dropped", "read_dropped", "unknown_peer"].includes(error.code)) throw error;
        }
      }
    }
  }

  elect(id) {
    const { node } = this.at(id);
    node.campaign();
    this.run();
    if (node.role !== "leader") throw new Error(`${id} is ${node.role}`);
    return node;
  }

  tick(times = 1) {
    for (let i = 0; i < times; i += 1) {
      for (const { node } of this.members.values()) node.tick();
      this.run();
    }
  }

  /** The leader of the highest term. */
  leader() {
    const leaders = [...this.members.values()].map(({ node }) => node).filter(({ role }) => role === "leader");
    return leaders.sort((a, b) => b.hardState.term - a.hardState.term)[0];
  }

  hashes() {
    return [...this.members.values()].map(({ node }) => node.stateHash());
  }

  free() {
    for (const { node } of this.members.values()) node.free();
  }
}
