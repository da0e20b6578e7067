package api

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"qvat/chains"
	"qvat/host/fault"
)

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "qvat_of_the_host", Help: "Elsewhere."}))
	r := run(t, Options{Registry: registry})
	body := encoded(t, message(`1`))
	answer := r.post("/v1/invoke", CapsuleType, body)
	r.post("/v1/invoke", CapsuleType, nil).fault(t, 400, fault.Malformed)
	r.post("/v1/invoke", CapsuleType, body[:3]).fault(t, 400, fault.Malformed)
	r.send("GET", "/nowhere/at/all", "", nil).fault(t, 404, fault.Malformed)
	p := program(t, "x")
	r.send("PUT", "/v1/programs/"+p.Hash().String(), "", strings.NewReader("x"))
	lines := []string{
		`qvat_http_requests_total{route="/v1/programs/{hash}",status="201"} 1`,
		`qvat_http_requests_total{route="/v1/invoke",status="200"} 1`,
		`qvat_http_requests_total{route="/v1/invoke",status="400"} 2`,
		`qvat_http_requests_total{route="unknown",status="404"} 1`,
		`qvat_http_request_seconds_count{route="/v1/invoke"} 3`,
		`qvat_http_refused_total{reason="malformed"} 2`,
		`qvat_http_refused_total{reason="unknown_call"} 1`,
		`qvat_http_in_flight 1`,
		fmt.Sprintf(`qvat_http_received_bytes_total %d`, len(body)+3+1),
		`qvat_of_the_host 0`,
	}
	// A request is counted when it is over, which its client may be told before.
	var text string
	eventually(func() bool {
		text = string(r.send("GET", "/metrics", "", nil).body)
		return strings.Contains(text, lines[0]+"\n") && strings.Contains(text, "qvat_http_in_flight 1\n")
	})
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
	sent := regexp.MustCompile(`qvat_http_sent_bytes_total (\d+)`).FindStringSubmatch(text)
	if sent == nil {
		t.Fatal("no count of bytes sent")
	}
	if n, err := strconv.Atoi(sent[1]); err != nil || n < len(answer.body) {
		t.Errorf("%d bytes sent, %v", n, err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := promlint.NewWithMetricFamilies(families).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
}

// Whatever is asked for, what is counted stays within the table of routes.
func TestMetricsAreBounded(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := run(t, Options{Registry: registry})
	for i := range 50 {
		r.send(fmt.Sprintf("M%d", i), fmt.Sprintf("/x/%d", i), "", nil)
		r.send("PUT", fmt.Sprintf("/v1/programs/%d", i), "", nil)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if n := len(f.GetMetric()); n > 12 {
			t.Errorf("%s has %d series", f.GetName(), n)
		}
	}
}

func TestLog(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	c := message(`1`)
	r.post("/v1/invoke", CapsuleType, encoded(t, c))
	v.invoke = func(_ context.Context, _ string, c chains.Capsule) (Answer, error) {
		return Answer{Message: MessageInfo{ID: c.ID().String()}}, fault.New(fault.OutOfFuel, "no fuel left")
	}
	r.post("/v1/invoke", CapsuleType, encoded(t, c))
	eventually(func() bool {
		return strings.Count(r.log.String(), "level=DEBUG msg=request ") == 2
	})
	refused := regexp.MustCompile(`level=INFO msg="refused a request" .*peer=127\.0\.0\.1 message=` + c.ID().String() + ` reason=out_of_fuel`)
	if !refused.MatchString(r.log.String()) {
		t.Errorf("log: %s", r.log)
	}
	for range 10 * refusalLines {
		r.send("GET", "/nowhere%0A"+strings.Repeat("x", 5000), "", nil)
	}
	if n := strings.Count(r.log.String(), "refused a request"); n > 5*refusalLines {
		t.Errorf("%d lines of refusals", n)
	}
	for _, line := range strings.Split(r.log.String(), "\n") {
		if len(line) > 1000 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}
