//! What a bot does beside posting and following: edits, deletions, pictures, boosts and reports.

use super::guests::{OK, bot};
use super::*;
use crate::store::media;

/// Two dots as PNG, as text of WAT.
fn picture() -> (String, usize) {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(2, 1).write_to(&mut png, image::ImageFormat::Png).expect("encodes");
    let png = png.into_inner();
    (png.iter().map(|byte| format!("\\{byte:02x}")).collect(), png.len())
}

/// Whoever mentions it is boosted and reported, and gets two posts, the second with a picture; whoever answers makes it
/// edit the first and delete the second. The ids stay at 40000 and 41000, for an instance lives on.
fn jack() -> Vec<u8> {
    let (png, length) = picture();
    let on_events = format!(
        r#"(if (i32.eqz (call $kind (local.get $batch))) (then
            (call $say)
            (call $keep (i32.const 40000))
            (call $upload (i32.const 45000) (i32.const {length}) (i32.const 3000) (i32.const 9) (i32.const 3010) (i32.const 8)
                (i32.const 600))
            (i32.store (i32.const 43000) (i32.load (i32.const 604)))
            (i32.store (i32.const 43004) (i32.load (i32.const 608)))
            (i32.store (i32.const 764) (i32.const 43000))
            (i32.store (i32.const 768) (i32.const 1))
            (call $post (i32.const 700) (i32.const 600))
            (call $keep (i32.const 41000))
            (call $boost (i32.load offset=40 (local.get $batch)) (i32.load offset=44 (local.get $batch)) (i32.const 600))
            (i32.store (i32.const 43000) (i32.load offset=40 (local.get $batch)))
            (i32.store (i32.const 43004) (i32.load offset=44 (local.get $batch)))
            (call $report (i32.load offset=48 (local.get $batch)) (i32.load offset=52 (local.get $batch))
                (i32.const 43000) (i32.const 1) (i32.const 3020) (i32.const 8) (i32.const 600)))
        (else
            (memory.fill (i32.const 800) (i32.const 0) (i32.const 96))
            (i32.store (i32.const 800) (i32.const 40008))
            (i32.store (i32.const 804) (i32.load (i32.const 40000)))
            (i32.store (i32.const 808) (i32.const 3030))
            (i32.store (i32.const 812) (i32.const 7))
            (call $edit (i32.const 800) (i32.const 600))
            (call $delete (i32.const 41008) (i32.load (i32.const 41000)) (i32.const 600))))"#
    );
    let more = format!(
        r#"{OK})
        (func $keep (param $at i32)
            (i32.store (local.get $at) (i32.load (i32.const 608)))
            (memory.copy (i32.add (local.get $at) (i32.const 8)) (i32.load (i32.const 604)) (i32.load (i32.const 608))))
        (data (i32.const 3000) "image/png") (data (i32.const 3010) "Two dots") (data (i32.const 3020) "How rude")
        (data (i32.const 3030) "Goodbye") (data (i32.const 45000) "{png}") (func"#
    );
    bot("jack", "", &format!("{on_events} {OK}"), &more)
}

#[tokio::test]
async fn it_edits_deletes_uploads_boosts_and_reports() {
    let (_folder, app, alice) = world().await;
    let me = start(&app, jack(), none()).await;
    let asked = say(&app, &alice, "@jack do something").await;
    settle(&app).await;
    let made = posts(&app, me.id).await;
    let [first, second, boost] = made.as_slice() else { panic!("two posts and a boost: {made:?}") };
    assert_eq!((first.text.as_str(), boost.reblog_of_id), ("hello", Some(asked.id)));
    let with = second.id;
    let pictures = app.store.read(move |db| media::of_status(db, with)).await.expect("reads");
    let [picture] = pictures.as_slice() else { panic!("one picture: {pictures:?}") };
    assert_eq!(
        (picture.mime.as_str(), picture.description.as_deref(), picture.width),
        ("image/png", Some("Two dots"), Some(2))
    );
    let reported = app.store.read(move |db| {
        let sql = "SELECT target_id, comment, status_ids, account_id FROM reports";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
        Ok(db.query_row(sql, [], row)?)
    });
    let report: (AccountId, String, String, AccountId) = reported.await.expect("one report");
    assert_eq!((report.0, report.1.as_str()), (alice.id, "How rude"));
    assert!(report.2.contains(&asked.id.0.to_string()) && report.3 == me.id, "{report:?}");

    answer(&app, &alice, first, "@jack stop it").await;
    settle(&app).await;
    let left = posts(&app, me.id).await;
    let [edited, boost] = left.as_slice() else { panic!("the second post is gone: {left:?}") };
    assert_eq!((edited.id, edited.text.as_str(), edited.edited_at.is_some()), (first.id, "Goodbye", true));
    assert_eq!(boost.reblog_of_id, Some(asked.id));
    assert_eq!(mailbox(&app).await, [], "all of it was told");
}
