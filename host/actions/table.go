package actions

// table is what agents can be told to do. The first text is what the owner calls
// an action by, the second one is the function of qvat:mail.
var table = []Action{
	looks("info", "info()", Info.Do),
	changes("makehost", "makeHost(name)", MakeHost.Do),
	changes("makeguest", "makeGuest(name)", MakeGuest.Do),

	changes("send", "send(to, strings, edges = [], names = edges)", Send.Do),
	changes("request", "request(to, what, name = '')", Ask.Do),
	waits("wait", Wait.Do),
	changes("resolve", "resolve(number, name)", Resolve.Do),
	changes("reject", "reject(number, why = '')", Reject.Do),
	changes("reply", "reply(number, strings, edges = [], names = edges)", Reply.Do),
	changes("dismiss", "dismiss(number)", Dismiss.Do),
	changes("adopt", "adopt(number, edge, name = '')", Adopt.Do),
	looks("messages", "messages(options = {})", Letters.Do),
	looks("message", "message(number)", OneLetter.Do),

	looks("list", "list(path = '')", List.Do),
	looks("lookup", "lookup(name)", Lookup.Do),
	looks("locate", "locate(name)", Locate.Do),
	looks("identify", "identify(name)", Identify.Do),
	looks("reverseidentify", "names(id)", ReverseIdentify.Do),
	looks("reverselocate", "", ReverseLocate.Do),
	changes("move", "move(from, to)", Move.Do),
	changes("copy", "copy(from, to)", Copy.Do),
	changes("remove", "remove(name)", Remove.Do),
	changes("makedirectory", "mkdir(name)", MakeDirectory.Do),
	looks("why", "", Why.Do),

	changes("storevalue", "store(name, value)", StoreValue.Do),
	changes("publish", "publish(name, capsule)", Publish.Do),
	changes("call", "", Call.Do),
	changes("setwake", "wake(name, fuel = 0)", SetWake.Do),
	changes("invite", "invite(name, milliseconds = 0)", Invite.Do),
	changes("accept", "accept(locator, name)", Accept.Do),

	looks("outbox", "", Outbox.Do),
	changes("cancel", "", Cancel.Do),
	looks("peers", "", Peers.Do),
	looks("log", "log(options = {})", Log.Do),
}

// streams is what can be followed.
var streams = []Stream{
	{"follow", followLetters},
	{"follownames", followNames},
}
