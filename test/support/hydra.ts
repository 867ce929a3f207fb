/** The worst process tree an agent may leave: five levels deaf to every polite signal, and below them every way to get away. */

/** A shell script; everything of it sleeps for `seconds`, which finds it again. It prints `ready`. */
export function hydra(seconds: number): string {
  return [
    `deaf() { trap '' TERM HUP INT; }`,
    `nest() { deaf; if [ "$1" -gt 0 ]; then ( nest $(( $1 - 1 )); sleep ${seconds} ) & else escape; fi; }`,
    "escape() {",
    `  (setsid sh -c "trap '' TERM HUP INT; sleep ${seconds}; :" &)`,
    `  nohup sh -c "sleep ${seconds}; :" >/dev/null 2>&1 &`,
    `  (setsid sh -c '(setsid sleep ${seconds} >/dev/null 2>&1 &)' &)`,
    `  setsid setsid sleep ${seconds} >/dev/null 2>&1 < /dev/null &`,
    "}",
    `nest 5; echo ready; while :; do sleep ${seconds}; done`,
  ].join("\n");
}

/** Five levels, four that got away with a shell or two of their own, the root. */
export const HYDRA_HEADS = 10;
