package proxmox

import (
	"fmt"
	"net/url"
	"sort"
	"strconv"
)

// Params are a call's parameters: string, int, int64, float64, bool (sent as 0 or 1)
// and []string (sent as a repeated key). Nothing is sent that is not in the map:
// Proxmox takes an absent flag as its own default, which is often not the zero value.
type Params map[string]any

// query encodes params for a GET or DELETE, which carry them in the URL.
func (p Params) query() (string, error) {
	values := url.Values{}
	for _, name := range p.names() {
		list, err := texts(p[name])
		if err != nil {
			return "", fmt.Errorf("parameter %s: %w", name, err)
		}
		for _, text := range list {
			values.Add(name, text)
		}
	}
	return values.Encode(), nil
}

// body is what a POST or PUT sends as JSON.
func (p Params) body() (map[string]any, error) {
	body := make(map[string]any, len(p))
	for name, value := range p {
		switch v := value.(type) {
		case bool:
			body[name] = bit(v)
		case string, int, int64, float64, []string:
			body[name] = v
		case fmt.Stringer:
			body[name] = v.String()
		default:
			return nil, fmt.Errorf("parameter %s: %T cannot be sent", name, value)
		}
	}
	return body, nil
}

func (p Params) names() []string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func texts(value any) ([]string, error) {
	switch v := value.(type) {
	case string:
		return []string{v}, nil
	case int:
		return []string{strconv.Itoa(v)}, nil
	case int64:
		return []string{strconv.FormatInt(v, 10)}, nil
	case float64:
		return []string{strconv.FormatFloat(v, 'g', -1, 64)}, nil
	case bool:
		return []string{strconv.Itoa(bit(v))}, nil
	case []string:
		return v, nil
	case fmt.Stringer:
		return []string{v.String()}, nil
	}
	return nil, fmt.Errorf("%T cannot be sent", value)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
