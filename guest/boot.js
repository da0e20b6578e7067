// Before SES. Its value is an object that realm.js takes; nothing of it stays
// on the global object.
(function boot() {
  // lockdown() throws half-way where there is no console, and leaves a working
  // Compartment over unfrozen primordials (docs/CONFINEMENT.md, row 9).
  const quiet = () => {};
  globalThis.console = {};
  for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'group', 'groupCollapsed', 'groupEnd']) {
    globalThis.console[name] = quiet;
  }

  // The console that programs see. Its lines go where the kernel says.
  const sink = { write: quiet };
  const level = name => (...args) => sink.write(name, args);
  const console = {
    debug: level('info'), log: level('info'), info: level('info'), warn: level('warn'), error: level('error'),
  };

  // What the engine keeps for stack traces is taken off Error before anything
  // else sees it: whoever sets prepareStackTrace is handed call sites, and
  // with them every function on the stack (docs/CONFINEMENT.md, row 3). The
  // kernel alone keeps the setters.
  const take = name => {
    const found = Object.getOwnPropertyDescriptor(Error, name);
    delete Error[name];
    return found;
  };
  const prepareStackTrace = take('prepareStackTrace');
  const stackTraceLimit = take('stackTraceLimit');
  take('captureStackTrace');

  // The start realm's powers, to be sure later that nothing leads to them.
  const dangerous = new Map();
  const evaluators = {
    Function: (function () {}).constructor,
    AsyncFunction: (async function () {}).constructor,
    GeneratorFunction: (function* () {}).constructor,
    AsyncGeneratorFunction: (async function* () {}).constructor,
    eval: globalThis.eval,
    Date: globalThis.Date,
    'Math.random': Math.random,
    'Date.now': Date.now,
    WeakRef: globalThis.WeakRef,
    FinalizationRegistry: globalThis.FinalizationRegistry,
    SharedArrayBuffer: globalThis.SharedArrayBuffer,
    Atomics: globalThis.Atomics,
    performance: globalThis.performance,
  };
  for (const name of Object.keys(evaluators)) {
    if (evaluators[name] !== undefined) dangerous.set(evaluators[name], name);
  }

  // Constructors that SES does not know, and so leaves as they are.
  const hidden = ['InternalError', 'SuppressedError', 'DisposableStack', 'AsyncDisposableStack']
    .filter(name => name in globalThis).map(name => globalThis[name]);

  const EngineError = Error;
  return {
    dangerous,
    hidden,
    EngineError,
    console,
    sink,
    setPrepare: f => { prepareStackTrace.set.call(EngineError, f); },
    setTraceLimit: n => { stackTraceLimit.set.call(EngineError, n); },
  };
})();
