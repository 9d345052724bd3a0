/** Settings, checked and as JSON with the names of the core. What is left out has the core's default. */
import { ArgumentError, describe } from "../error.js";
import { checkCount } from "../instance.js";
import { checkFlag, checkObject, checkText, checkTime, checkWord } from "./call.js";

/** Checks a setting and writes it. */
export type Setting = (value: unknown, what: string) => string;

export const flag: Setting = (value, what) => {
  checkFlag(value, what);
  return String(value);
};
export const text: Setting = (value, what) => {
  checkText(value, what);
  return JSON.stringify(value);
};
export const millis: Setting = (value, what) => {
  checkTime(value, what);
  return String(value);
};
export const seed: Setting = (value, what) => {
  if (typeof value === "bigint") {
    if (value < 0n || value >= 2n ** 64n) throw new ArgumentError(`${what} must be from 0 to 2^64 - 1, found ${describe(value)}`);
  } else {
    checkCount(value, what);
  }
  return String(value);
};

/** A whole number from 0 to `max`. */
export function count(max = Number.MAX_SAFE_INTEGER): Setting {
  return (value, what) => {
    checkCount(value, what, max);
    return String(value);
  };
}
export const port = count(0xffff);
/** What a size of memory is in the module. */
export const size = count(0xffff_ffff);

/** One of some words, as the core's variants are called. */
export function word(words: Readonly<Record<string, string>>): Setting {
  return (value, what) => {
    checkWord(value, Object.keys(words), what);
    return JSON.stringify(words[value]);
  };
}

/** The same, or `null` for none. */
export function optional(setting: Setting): Setting {
  return (value, what) => (value === null ? "null" : setting(value, what));
}

export function list(setting: Setting): Setting {
  return (value, what) => {
    if (value === null || typeof value !== "object" || typeof (value as Iterable<unknown>)[Symbol.iterator] !== "function") {
      throw new ArgumentError(`${what} must be a list, found ${describe(value)}`);
    }
    return `[${[...(value as Iterable<unknown>)].map((each, at) => setting(each, `${what}[${at}]`)).join(",")}]`;
  };
}

export function pair(first: Setting, second: Setting): Setting {
  return (value, what) => {
    if (!Array.isArray(value) || value.length !== 2) throw new ArgumentError(`${what} must be a pair, found ${describe(value)}`);
    return `[${first(value[0], `${what}[0]`)},${second(value[1], `${what}[1]`)}]`;
  };
}

/** Names and text, as pairs. */
export const texts: Setting = (value, what) => {
  checkObject(value, what);
  return list(pair(text, text))(Object.entries(value), what);
};

/** An object of settings, of which the `wanted` must be there. */
export function object(settings: Readonly<Record<string, Setting>>, wanted: readonly string[] = []): Setting {
  return (value, what) => {
    checkObject(value, what);
    for (const name of wanted) {
      if ((value as Record<string, unknown>)[name] === undefined) throw new ArgumentError(`${what}.${name} is wanted`);
    }
    const fields: string[] = [];
    for (const [name, each] of Object.entries(value)) {
      const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
      if (setting === undefined) throw new ArgumentError(`${what}.${name} is no setting; there are ${Object.keys(settings).join(", ")}`);
      if (each !== undefined) fields.push(`"${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":${setting(each, `${what}.${name}`)}`);
    }
    return `{${fields.join(",")}}`;
  };
}
