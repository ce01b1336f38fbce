//! Routes that take their time or fail at first: jobs to poll, a flaky answer to retry, a list to page through.

use std::collections::HashMap;

use serde_json::json;

use crate::sandbox::answer::{Answer, Outcome, Refusal};
use crate::sandbox::call::Call;
use crate::value::Value;

/// The most items of `/_wxflow/items`, and the most jobs and keys that are remembered.
const MOST: usize = 100_000;

/// What these routes remember.
#[derive(Default)]
pub(in crate::sandbox) struct Work {
    jobs: Vec<Job>,
    /// How often each key of `/_wxflow/flaky` was asked for.
    asked: HashMap<String, u64>,
}

struct Job {
    /// How many reads find it running still.
    left: u64,
    /// How it ends.
    end: &'static str,
    result: Value,
}

/// `POST /_wxflow/jobs?ready_after=N&end=done|failed`: 202 with `{id, status}`. The body comes back as the job's result.
pub(in crate::sandbox) fn create_job(call: &mut Call) -> Outcome {
    let left = number(call, "ready_after", 2)?;
    let end = match call.query("end").as_deref() {
        None | Some("done") => "done",
        Some("failed") => "failed",
        Some(_) => return Err(Refusal::bad_request("end must be done or failed")),
    };
    let result = serde_json::from_slice(&call.request.body).unwrap_or_default();
    let jobs = &mut call.store.work.jobs;
    if jobs.len() >= MOST {
        return Err(Refusal::bad_request("There are too many jobs."));
    }
    jobs.push(Job { left, end, result });
    let id = format!("job-{}", jobs.len());
    let path = format!("{}/{id}", call.request.url.path().trim_end_matches('/'));
    Ok(Answer::json_with(202, &json!({"id": id, "status": "running"})).header(::http::header::LOCATION, &path))
}

/// `GET /_wxflow/jobs/{id}`: `{id, status: running}` the first `ready_after` times, then `done` or `failed`, and `result`.
pub(in crate::sandbox) fn job(call: &mut Call) -> Outcome {
    let number = call.param.strip_prefix("job-").and_then(|n| n.parse::<usize>().ok());
    let job = number.and_then(|n| call.store.work.jobs.get_mut(n.checked_sub(1)?)).ok_or_else(Refusal::not_found)?;
    let id = &call.param;
    if job.left > 0 {
        job.left -= 1;
        return Ok(Answer::json(&json!({"id": id, "status": "running"})));
    }
    Ok(Answer::json(&json!({"id": id, "status": job.end, "result": job.result})))
}

/// `/_wxflow/flaky?fail=N&status=503&key=K&retry_after=S`: that status the first N times for each key, then 200; with
/// `{attempt}`, which counts from 1.
pub(in crate::sandbox) fn flaky(call: &mut Call) -> Outcome {
    let fail = number(call, "fail", 1)?;
    let status = number(call, "status", 503)?;
    let status = u16::try_from(status).ok().filter(|status| (200..600).contains(status));
    let status = status.ok_or_else(|| Refusal::bad_request("The status must be from 200 to 599."))?;
    let key = call.query("key").unwrap_or_default();
    let asked = &mut call.store.work.asked;
    if asked.len() >= MOST && !asked.contains_key(&key) {
        return Err(Refusal::bad_request("There are too many keys."));
    }
    let attempt = asked.entry(key).or_default();
    *attempt += 1;
    let body = json!({"attempt": *attempt});
    if *attempt > fail {
        return Ok(Answer::json(&body));
    }
    let answer = Answer::json_with(status, &body);
    Ok(match call.query("retry_after") {
        Some(wait) => answer.header(::http::header::RETRY_AFTER, &wait),
        None => answer,
    })
}

/// `GET /_wxflow/items?total=N&max=M`: `{items: [{number: 1}, …], links: {next}}` in pages of M. The next page is in the
/// body and in the `Link` header; the last page's `next` is null.
pub(in crate::sandbox) fn items(call: &mut Call) -> Outcome {
    let (total, max, from) = (number(call, "total", 7)?, number(call, "max", 3)?, number(call, "from", 1)?);
    if max == 0 || total as usize > MOST {
        return Err(Refusal::bad_request(format!("max must be from 1, and total up to {MOST}.")));
    }
    let after = from.saturating_add(max);
    let items: Vec<Value> = (from..after.min(total + 1)).map(|number| json!({"number": number})).collect();
    if after > total {
        return Ok(Answer::json(&json!({"items": items, "links": {"next": null}})));
    }
    let next = format!("{}?total={total}&max={max}&from={after}", call.request.url.path());
    let answer = Answer::json(&json!({"items": items, "links": {"next": next}}));
    Ok(answer.header(::http::header::LINK, &format!("<{next}>; rel=\"next\"")))
}

fn number(call: &Call, name: &str, default: u64) -> Result<u64, Refusal> {
    let Some(text) = call.query(name) else { return Ok(default) };
    text.parse().map_err(|_| Refusal::bad_request(format!("{name} must be a whole number")))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::Lab;
    use serde_json::json;

    #[test]
    fn a_job_runs_for_some_reads_and_ends() {
        let lab = Lab::new();
        let created = lab.post("/v1/_wxflow/jobs?ready_after=1").json(&json!({"rows": 3})).send();
        assert_eq!((created.status, created.header("location")), (202, Some("/v1/_wxflow/jobs/job-1")));
        assert_eq!(created.json, json!({"id": "job-1", "status": "running"}));
        assert_eq!(lab.get("/_wxflow/jobs/job-1").send().json["status"], "running");
        for _ in 0..2 {
            let done = lab.get("/_wxflow/jobs/job-1").send();
            assert_eq!(done.json, json!({"id": "job-1", "status": "done", "result": {"rows": 3}}));
        }
        let failed = lab.post("/_wxflow/jobs?ready_after=0&end=failed").send().json["id"].clone();
        assert_eq!(lab.get(&format!("/_wxflow/jobs/{}", failed.as_str().unwrap())).send().json["status"], "failed");
        assert_eq!(lab.get("/_wxflow/jobs/job-0").send().status, 404);
        assert_eq!(lab.get("/_wxflow/jobs/3").send().status, 404);
        assert_eq!(lab.post("/_wxflow/jobs?end=x").send().status, 400);
    }

    #[test]
    fn a_flaky_answer_counts_for_each_key() {
        let lab = Lab::new();
        let status = |key: &str| lab.get(&format!("/_wxflow/flaky?fail=2&status=502&key={key}")).send().status;
        assert_eq!([status("a"), status("b"), status("a"), status("a"), status("b")], [502, 502, 502, 200, 502]);
        assert_eq!(lab.post("/_wxflow/flaky?retry_after=3").send().header("retry-after"), Some("3"));
        assert_eq!(lab.post("/_wxflow/flaky").send().json, json!({"attempt": 2}));
        assert_eq!(lab.get("/_wxflow/flaky?status=99").send().status, 400);
    }

    #[test]
    fn items_come_in_pages() {
        let lab = Lab::new();
        let first = lab.get("/_wxflow/items?total=4&max=3").send();
        assert_eq!(first.items(), 3);
        assert_eq!(first.json["links"]["next"], "/_wxflow/items?total=4&max=3&from=4");
        assert_eq!(first.header("link"), Some("</_wxflow/items?total=4&max=3&from=4>; rel=\"next\""));
        let last = lab.get(first.json["links"]["next"].as_str().unwrap()).send();
        assert_eq!(last.json, json!({"items": [{"number": 4}], "links": {"next": null}}));
        assert_eq!(last.header("link"), None);
        assert_eq!(lab.get("/_wxflow/items?total=0").send().items(), 0);
        assert_eq!(lab.get("/_wxflow/items?max=0").send().status, 400);
    }
}
